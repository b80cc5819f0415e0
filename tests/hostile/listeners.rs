//! A daemon that lies about its sockets.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::os::unix::net::UnixListener;

use tests::support::Sandbox;

/// The place of the list in the lock file, its first word, and the head before its text.
const AT: u64 = 512 * 1024;
const MAGIC: &[u8; 8] = b"listen01";

fn checksum(text: &[u8]) -> u64 {
    text.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn lie(sandbox: &Sandbox, text: &[u8], length: u64) {
    let file = fs::OpenOptions::new().write(true).open(sandbox.lock_file());
    let words = [length.to_le_bytes(), checksum(text).to_le_bytes()].concat();
    let part = [&MAGIC[..], &words, text].concat();
    file.unwrap().write_all_at(&part, AT).unwrap();
}

#[test]
fn stop_removes_no_socket_that_only_the_lock_file_names() {
    let sandbox = Sandbox::of("listens");
    let _ = sandbox.start();
    let victim = sandbox.path("victim.sock");
    drop(UnixListener::bind(&victim).unwrap());
    let text = format!("admin\tunix:{}\tbound\n", victim.display());
    lie(&sandbox, text.as_bytes(), text.len() as u64);
    let shown = sandbox.verb(&["status"]).exits(0);
    let _ = shown.says("victim.sock");
    sandbox.stop();
    assert!(victim.exists());
    sandbox.assert_nothing_left();
}

#[test]
fn garbage_in_the_list_of_sockets_harms_no_verb() {
    let sandbox = Sandbox::of("listens");
    let _ = sandbox.start();
    let texts: [&[u8]; 4] = [b"\t\t\x1b[31mred\n", b"one field\n", b"\xff\xfe\n", b""];
    for text in texts {
        for length in [text.len() as u64, 1 << 18, u64::MAX] {
            lie(&sandbox, text, length);
            let shown = sandbox.verb(&["status"]).exits(0);
            assert!(!shown.stdout.contains('\x1b'), "{shown:?}");
            let json = sandbox.verb(&["status", "--json"]).exits(0);
            let _: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
        }
    }
    sandbox.stop();
    sandbox.assert_nothing_left();
}
