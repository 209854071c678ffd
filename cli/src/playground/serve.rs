//! As much of HTTP as one page on this machine needs: GET, one request a connection, and nobody else's names.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use super::site::Site;

/// How long a browser may take to say what it wants, or to take it.
const PATIENCE: Duration = Duration::from_secs(10);
/// How much it may say.
const LONGEST: u64 = 16 << 10;

/// Answers until the process is stopped.
pub(crate) fn forever(listener: &TcpListener, site: Site, port: u16) -> ! {
    let site = Arc::new(site);
    loop {
        // A connection that fails is the other side's affair.
        let Ok((stream, _)) = listener.accept() else { continue };
        let site = Arc::clone(&site);
        std::thread::spawn(move || drop(answer(&stream, &site, port)));
    }
}

fn answer(stream: &TcpStream, site: &Site, port: u16) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new(stream.take(LONGEST)).lines();
    let Some(first) = lines.next() else { return Ok(()) };
    let first = first?;
    let mut host = None;
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("host")
        {
            host = Some(value.trim().to_string());
        }
    }
    let mut words = first.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = target.split('?').next().unwrap_or_default();
    // Another site's name that leads here would be that site's page reading the user's manifests.
    if !host.is_some_and(|host| is_own(&host, port)) {
        return reply(
            stream,
            "421 Misdirected Request",
            "text/plain; charset=utf-8",
            b"this is not that host\n",
        );
    }
    if method != "GET" {
        return reply(stream, "405 Method Not Allowed", "text/plain; charset=utf-8", b"only GET\n");
    }
    match site.get(path) {
        Some((kind, bytes)) => reply(stream, "200 OK", kind, &bytes),
        None => reply(stream, "404 Not Found", "text/plain; charset=utf-8", b"there is no such file\n"),
    }
}

fn is_own(host: &str, port: u16) -> bool {
    ["127.0.0.1", "localhost"].iter().any(|name| host == format!("{name}:{port}"))
}

fn reply(mut stream: &TcpStream, status: &str, kind: &str, body: &[u8]) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\ncache-control: no-store\r\n\
         x-content-type-options: nosniff\r\ncross-origin-resource-policy: same-origin\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    stream.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_with_the_port_are_answered() {
        assert!(is_own("127.0.0.1:7788", 7788) && is_own("localhost:7788", 7788));
        for other in ["evil.example:7788", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:7788.evil.example", ""] {
            assert!(!is_own(other, 7788), "{other}");
        }
    }
}
