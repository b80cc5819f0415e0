/* The smallest child: ends when its stdin does. */
#include <unistd.h>

int main(void)
{
    char byte;
    return read(0, &byte, 1) != 0;
}
