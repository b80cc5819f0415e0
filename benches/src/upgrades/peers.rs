//! Servers of the system, whose next build is another configuration or application.

use std::fs;
use std::path::{Path, PathBuf};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Server;
use super::place::Place;
use super::programs::Files;
use crate::sandbox::adopt;

/// How a server puts another build in its place.
#[derive(Debug, Clone, Copy)]
enum How {
    /// The process that the pid file names stays.
    Signal(Signal),
    /// It starts another one at this signal, and ends at the other.
    Pair(Signal, Signal),
}

/// A server of the system.
struct Peer {
    pid_file: &'static str,
    how: How,
    /// Writes what the next build answers.
    write: fn(&Place, &str),
}

impl Server for Peer {
    fn upgrade(&mut self, place: &Place, build: &str) {
        (self.write)(place, build);
        let before = self.pid(place);
        match self.how {
            How::Signal(signal) => {
                kill(Pid::from_raw(before), signal).unwrap();
                place.wait_for(build);
            }
            How::Pair(begin, end) => {
                kill(Pid::from_raw(before), begin).unwrap();
                place.wait_for(build);
                place.end(before, end);
                place.wait("another pid", || self.pid(place) != before);
            }
        }
    }

    fn pid(&self, place: &Place) -> i32 {
        place.pid(self.pid_file)
    }
}

/// Finds a program of the system.
fn find(name: &str) -> Option<PathBuf> {
    let directories = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"];
    let mut paths = directories.iter().map(|at| Path::new(at).join(name));
    paths.find(|path| path.exists())
}

fn nginx(place: &Place, build: &str, how: How) -> Option<Box<dyn Server>> {
    let nginx = find("nginx")?;
    configure_nginx(place, build);
    let file = place.file("nginx.conf");
    let directory = place.directory().to_str().unwrap();
    let words = [
        "-p",
        directory,
        "-e",
        "nginx.log",
        "-c",
        file.to_str().unwrap(),
    ];
    assert!(place.command(&nginx, &words).status().unwrap().success());
    adopt(place.pid("nginx.pid"));
    Some(Box::new(Peer {
        pid_file: "nginx.pid",
        how,
        write: configure_nginx,
    }))
}

fn configure_nginx(place: &Place, build: &str) {
    let (directory, address) = (place.directory().display(), place.address);
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary = temporary.map(|name| format!("  {name}_temp_path {directory}/{name};\n"));
    let temporary = temporary.concat();
    place.write(
        "nginx.conf",
        &format!(
            "user root;\nworker_processes 2;\npid {directory}/nginx.pid;\nerror_log {directory}/nginx.log;\n\
             events {{ worker_connections 4096; }}\n\
             http {{\n  access_log off;\n{temporary}  server {{\n    listen {address} backlog=4096;\n    \
             location / {{ return 200 \"{build} from $pid\"; }}\n  }}\n}}\n"
        ),
    );
}

pub(super) fn nginx_hup(place: &Place, _: &Files, build: &str) -> Option<Box<dyn Server>> {
    nginx(place, build, How::Signal(Signal::SIGHUP))
}

pub(super) fn nginx_usr2(place: &Place, _: &Files, build: &str) -> Option<Box<dyn Server>> {
    nginx(place, build, How::Pair(Signal::SIGUSR2, Signal::SIGQUIT))
}

fn gunicorn(place: &Place, build: &str, how: How) -> Option<Box<dyn Server>> {
    let gunicorn = find("gunicorn")?;
    place.write("build", build);
    let application = "import os\n\
        BUILD = open(os.path.join(os.path.dirname(__file__), 'build')).read()\n\
        BODY = f'{BUILD} from {os.getpid()}'.encode()\n\
        def app(environ, respond):\n\
        \x20   respond('200 OK', [('Content-Length', str(len(BODY)))])\n\
        \x20   return [BODY]\n";
    fs::write(place.file("served.py"), application).unwrap();
    let (address, directory) = (place.address.to_string(), place.directory());
    let pid_file = place.file("gunicorn.pid");
    let words = [
        "--bind",
        &address,
        "--workers",
        "2",
        "--backlog",
        "4096",
        "--worker-tmp-dir",
        "/dev/shm",
        "--chdir",
        directory.to_str().unwrap(),
        "--pid",
        pid_file.to_str().unwrap(),
        "served:app",
    ];
    drop(place.spawn(&gunicorn, &words));
    Some(Box::new(Peer {
        pid_file: "gunicorn.pid",
        how,
        write: |place, build| place.write("build", build),
    }))
}

pub(super) fn gunicorn_hup(place: &Place, _: &Files, build: &str) -> Option<Box<dyn Server>> {
    gunicorn(place, build, How::Signal(Signal::SIGHUP))
}

pub(super) fn gunicorn_usr2(place: &Place, _: &Files, build: &str) -> Option<Box<dyn Server>> {
    gunicorn(place, build, How::Pair(Signal::SIGUSR2, Signal::SIGTERM))
}

pub(super) fn haproxy(place: &Place, _: &Files, build: &str) -> Option<Box<dyn Server>> {
    let haproxy = find("haproxy")?;
    configure_haproxy(place, build);
    let (file, pid_file) = (place.file("haproxy.cfg"), place.file("haproxy.pid"));
    let words = [
        "-W",
        "-f",
        file.to_str().unwrap(),
        "-p",
        pid_file.to_str().unwrap(),
    ];
    drop(place.spawn(&haproxy, &words));
    Some(Box::new(Peer {
        pid_file: "haproxy.pid",
        how: How::Signal(Signal::SIGUSR2),
        write: configure_haproxy,
    }))
}

fn configure_haproxy(place: &Place, build: &str) {
    let (directory, address) = (place.directory().display(), place.address);
    place.write(
        "haproxy.cfg",
        &format!(
            "global\n  maxconn 4000\n  stats socket {directory}/haproxy.sock expose-fd listeners level admin\n\
             defaults\n  mode http\n  timeout client 5s\n  timeout connect 5s\n  timeout server 5s\n\
             frontend http\n  bind {address} backlog 4096\n  \
             http-request return status 200 content-type text/plain lf-string \"{build} from %pid\"\n"
        ),
    );
}
