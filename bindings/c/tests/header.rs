//! The header declares what the crate exports: every function, its types and its numbers, and nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Types of Rust and of C, the longer names first.
const TYPES: [(&str, &str); 22] = [
    ("*mut *mut SharedImage", "portcullis_image **"),
    ("*mut *mut SharedEngine", "portcullis_engine **"),
    ("*const SharedImage", "const portcullis_image *"),
    ("*mut SharedImage", "portcullis_image *"),
    ("*const SharedEngine", "const portcullis_engine *"),
    ("*mut SharedEngine", "portcullis_engine *"),
    ("*mut ImageInfo", "portcullis_image_info *"),
    ("*const RawSource", "const portcullis_source *"),
    ("*const RawObject", "const portcullis_object *"),
    ("*mut RawBytes", "portcullis_bytes *"),
    ("*const PacketDecision", "const portcullis_decision *"),
    ("*mut PacketDecision", "portcullis_decision *"),
    ("*const Packet", "const portcullis_packet *"),
    ("*const c_char", "const char *"),
    ("*const c_void", "const void *"),
    ("*mut c_void", "void *"),
    ("usize", "size_t "),
    ("i32", "int32_t "),
    ("u64", "uint64_t "),
    ("u32", "uint32_t "),
    ("u16", "uint16_t "),
    ("u8", "uint8_t "),
];

fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

fn c_type(rust: &str) -> &'static str {
    let found = TYPES.iter().find(|(name, _)| *name == rust);
    found.unwrap_or_else(|| panic!("`{rust}` has no type in C")).1
}

/// Text without the runs of spaces in it.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn header() -> String {
    let text = file("include/portcullis.h");
    // Comments go; what is left is declarations.
    let mut code = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("/*") {
        code.push_str(before);
        rest = after.split_once("*/").expect("comments end").1;
    }
    code.push_str(rest);
    code
}

/// `name` to `ret name(type name, …)`, from what the crate exports.
fn exported() -> BTreeMap<String, String> {
    let source = file("src/exports.rs");
    let mut found = BTreeMap::new();
    for part in source.split("#[unsafe(no_mangle)]").skip(1) {
        let (_, part) = part.split_once("extern \"C\" fn ").unwrap();
        let (name, part) = part.split_once('(').unwrap();
        let (parameters, part) = part.split_once(')').unwrap();
        let ret = part.split_once('{').unwrap().0.trim().strip_prefix("->").map(str::trim);
        let parameters: Vec<String> = parameters
            .split(',')
            .map(flat)
            .filter(|parameter| !parameter.is_empty())
            .map(|parameter| {
                let (name, kind) = parameter.split_once(": ").unwrap();
                format!("{}{name}", c_type(kind))
            })
            .collect();
        let parameters = if parameters.is_empty() { "void".to_string() } else { parameters.join(", ") };
        let ret = ret.map_or("void ", c_type);
        found.insert(name.to_string(), format!("{ret}{name}({parameters})"));
    }
    found
}

#[test]
fn the_header_declares_every_function_as_it_is_and_no_other() {
    let header = header();
    let mut declared = BTreeMap::new();
    for statement in header.split(';').filter(|statement| statement.contains('(')) {
        let statement = flat(statement.rsplit_once('}').map_or(statement, |(_, last)| last));
        let line = statement.rsplit_once("\" {").map_or(statement.as_str(), |(_, last)| last).trim();
        let line = line.rsplit_once("#endif ").map_or(line, |(_, last)| last);
        let name = line.split_once('(').unwrap().0.rsplit([' ', '*']).next().unwrap();
        declared.insert(name.to_string(), line.to_string());
    }
    let exported = exported();
    assert!(exported.len() >= 19, "{} functions", exported.len());
    assert_eq!(declared, exported);
}

#[test]
fn the_header_has_every_status_with_its_number_and_name() {
    let (header, source) = (file("include/portcullis.h"), file("src/status.rs"));
    let numbers = source.split("fn number").nth(1).unwrap();
    let names = source.split("fn name").nth(1).unwrap();
    let lines: Vec<_> = header.lines().filter(|line| line.starts_with("  PORTCULLIS_")).collect();
    assert!(lines.len() >= 8, "{lines:?}");
    for line in lines {
        let (name, rest) = line.trim().strip_prefix("PORTCULLIS_").unwrap().split_once(" = ").unwrap();
        let number: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '-').collect();
        let (first, others) = name.split_at(1);
        let variant = format!("Self::{first}{}", others.to_lowercase());
        assert!(numbers.contains(&format!("{variant} => {number},")), "{line}");
        let lower = name.to_lowercase();
        assert!(names.contains(&format!("{variant} => c\"{lower}\",")), "{line}");
        assert!(number == "0" || rest.contains(&format!("/* \"{lower}\":")), "{line}");
    }
    assert_eq!(numbers.split('}').next().unwrap().matches("Self::").count(), 8);
}

#[test]
fn the_header_has_every_flag_of_packets_and_the_version() {
    let header = file("include/portcullis.h");
    let packet = file("../../core/src/image/packet.rs");
    let flags = packet.split("pub mod packet_flag {").nth(1).unwrap().split('}').next().unwrap();
    let mut count = 0;
    for line in flags.lines().filter_map(|line| line.trim().strip_prefix("pub const ")) {
        let (name, value) = line.trim_end_matches(';').split_once(": u8 = ").unwrap();
        assert!(header.contains(&format!("#define PORTCULLIS_FLAG_{name} {value} ")), "{name} = {value}");
        count += 1;
    }
    assert_eq!(count, header.matches("#define PORTCULLIS_FLAG_").count());
    assert!(header.contains("#define PORTCULLIS_ABI_MAJOR 1\n#define PORTCULLIS_ABI_MINOR 0\n"));
    assert!(file("src/exports.rs").contains("const ABI_VERSION: u32 = 0x0001_0000;"));
}
