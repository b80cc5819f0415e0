//! The listeners of one invocation: the declared ones, at the addresses that it sets.

use std::path::Path;

use crate::error::Error;
use crate::listen::{Address, Kind, Listen};
use crate::spec::{Listener, Spec};

/// Returns the listeners at the addresses of this invocation. Relative paths are beside the pid file.
///
/// # Errors
/// `ErrorKind::Usage` for a wrong address in the declaration. Only one without the macro has it.
pub(super) fn find(spec: &Spec, pid_file: &Path) -> Result<Vec<Listen>, Error> {
    let directory = pid_file.parent().unwrap_or(Path::new("/"));
    let listen = |listener: &Listener| {
        let kind = declared_kind(listener)?;
        let mut address = Address::parse(listener.given.unwrap_or(listener.address))?;
        address.place_below(directory);
        Ok(Listen {
            name: listener.name,
            kind,
            address,
            is_nonblocking: listener.is_nonblocking,
        })
    };
    let listeners: Result<_, String> = spec.listen.iter().map(listen).collect();
    listeners.map_err(|why| Error::usage(format!("the declaration of `listen`: {why}")))
}

/// Sets the addresses in a list of `NAME=ADDRESS`, separated by white space.
pub(super) fn set(spec: &mut Spec, text: &str) -> Result<(), String> {
    let mut listeners = spec.listen.to_vec();
    for pair in text.split_whitespace() {
        let (name, address) = pair.split_once('=').ok_or_else(|| {
            format!("`{pair}` is not a listener; pass its name and its address, `NAME=ADDRESS`")
        })?;
        let listener = listeners.iter_mut().find(|one| one.name == name);
        let listener = listener.ok_or_else(|| {
            let names: Vec<_> = spec.listen.iter().map(|one| one.name).collect();
            format!(
                "unknown listener `{name}`; pass one of: {}",
                names.join(", ")
            )
        })?;
        let declared = declared_kind(listener)?;
        let given = Address::parse(address)?.kind();
        if let Some(given) = given.filter(|given| *given != declared) {
            return Err(format!(
                "`{pair}`: `{name}` is declared for {declared}, and this address is of {given}; \
                 pass an address of {declared}"
            ));
        }
        listener.given = Some(address.to_owned().leak());
    }
    spec.listen = listeners.leak();
    Ok(())
}

/// Returns the kind of the declared address, which the one of an invocation shares.
fn declared_kind(listener: &Listener) -> Result<Kind, String> {
    let address = listener.address;
    Address::parse(address)?.kind().ok_or_else(|| {
        format!("`{address}` is known only at a start; declare another address, and pass this one")
    })
}

#[cfg(test)]
mod tests {
    use super::{find, set};
    use crate::error::Error;
    use crate::spec::{Listener, Spec};
    use std::path::Path;

    const SPEC: Spec = Spec::new("server").listen(&[
        Listener::new("http", "127.0.0.1:80"),
        Listener::new("admin", "unix:admin.sock"),
    ]);

    fn addresses(spec: &Spec) -> Result<Vec<String>, Error> {
        let found = find(spec, Path::new("/run/server.pid"))?;
        Ok(found.iter().map(|one| one.address.to_string()).collect())
    }

    #[test]
    fn later_address_of_a_listener_wins() -> Result<(), Box<dyn std::error::Error>> {
        let mut spec = SPEC;
        assert_eq!(addresses(&spec)?, ["127.0.0.1:80", "unix:/run/admin.sock"]);
        set(&mut spec, "http=[::]:0 admin=unix:/a")?;
        set(&mut spec, "admin=fd:3")?;
        assert_eq!(addresses(&spec)?, ["[::]:0", "fd:3"]);
        set(&mut spec, "admin=unix:@b")?;
        assert_eq!(addresses(&spec)?, ["[::]:0", "unix:@b"]);
        Ok(())
    }

    #[test]
    fn wrong_pair_names_its_cure() {
        for (text, cure) in [
            ("http", "`NAME=ADDRESS`"),
            ("htp=127.0.0.1:80", "pass one of: http, admin"),
            ("http=unix:a", "pass an address of TCP"),
            ("admin=unixgram:a", "pass an address of unix"),
            ("http=127.0.0.1", "has no port"),
        ] {
            let error = set(&mut { SPEC }, text).err().unwrap_or_default();
            assert!(error.contains(cure), "{text}: {error}");
        }
    }

    #[test]
    fn declared_descriptor_is_refused() {
        let spec = Spec::new("server").listen(&[const { Listener::new("http", "fd:3") }]);
        let error = addresses(&spec)
            .map(drop)
            .map_err(|error| error.to_string());
        assert!(error.is_err_and(|text| text.contains("declare another address")));
    }
}
