//! An authorization plugin that allows everything.

use std::io::{BufRead as _, BufReader, Read as _, Result, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

/// Serves the plugin on this socket until the test process ends; returns the number of requests judged so far.
///
/// A lab finds it by a line in its /etc, and the socket must be there before dockerd's first request:
/// `Lab::builder().etc("docker/plugins/allow.spec", "unix://{dir}/allow.sock")
/// .prepare(|dir| drop(authz::allow_all(&dir.join("allow.sock")))).flags(&["--authorization-plugin=allow"])`
pub fn allow_all(socket: &Path) -> Arc<AtomicU32> {
    let listener = UnixListener::bind(socket);
    let listener = listener.unwrap_or_else(|error| panic!("cannot listen on {}: {error}", socket.display()));
    let judged = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&judged);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let count = Arc::clone(&count);
            thread::spawn(move || serve(&stream, &count));
        }
    });
    judged
}

/// Answers the requests of one connection until the engine closes it.
fn serve(stream: &UnixStream, judged: &AtomicU32) -> Result<()> {
    let mut input = BufReader::new(stream);
    let mut output = stream;
    while let Some(path) = read_request(&mut input)? {
        let body = match path.as_str() {
            "/Plugin.Activate" => r#"{"Implements":["authz"]}"#,
            _ => r#"{"Allow":true}"#,
        };
        if path == "/AuthZPlugin.AuthZReq" {
            judged.fetch_add(1, Ordering::Relaxed);
        }
        let kind = "application/vnd.docker.plugins.v1+json";
        let length = body.len();
        write!(output, "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}")?;
    }
    Ok(())
}

/// Reads a request to its end; returns its path, or nothing at the end of the connection.
fn read_request(input: &mut impl std::io::BufRead) -> Result<Option<String>> {
    let mut line = String::new();
    if input.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut length = 0;
    loop {
        line.clear();
        if input.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    std::io::copy(&mut input.take(length), &mut std::io::sink())?;
    Ok(Some(path))
}
