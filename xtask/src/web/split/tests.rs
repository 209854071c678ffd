//! Small modules, split; that a large one still answers is tested where it is run, under Node and in a browser.

use std::collections::{BTreeMap, BTreeSet};

use wasm_encoder::{
    CodeSection, ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection, Function,
    FunctionSection, GlobalSection, GlobalType, ImportSection, MemorySection, MemoryType, Module, RefType,
    TableSection, TableType, TypeSection, ValType,
};
use wasmparser::{ExternalKind, Operator, Parser, Payload, TypeRef};

use super::{Parts, short, split};

/// A function: what it is exported as, what it calls, and the number in it that tells it from others.
type Given = (&'static str, &'static [u32], i32);

/// Functions 1 to 7; 0 is imported, and 5 in the table.
const GIVEN: [Given; 7] = [
    ("ask", &[3], 10),
    ("later", &[0, 3, 4, 6, 7], 20),
    ("", &[], 30),
    ("", &[6], 40),
    ("", &[7], 50),
    ("", &[], 60),
    ("", &[], 70),
];

fn module(functions: &[Given]) -> Vec<u8> {
    let mut types = TypeSection::new();
    // Nobody's.
    types.ty().function([ValType::F64], []);
    types.ty().function([], []);
    let mut imports = ImportSection::new();
    imports.import("page", "tell", EntityType::Function(1));
    let (mut kinds, mut exports, mut code) =
        (FunctionSection::new(), ExportSection::new(), CodeSection::new());
    exports.export("memory", ExportKind::Memory, 0);
    for (at, (name, calls, number)) in (1..).zip(functions) {
        kinds.function(1);
        if !name.is_empty() {
            exports.export(name, ExportKind::Func, at);
        }
        let mut body = Function::new([]);
        body.instructions().i32_const(*number).global_set(0).i32_const(0).call_indirect(0, 1);
        for called in *calls {
            body.instructions().call(*called);
        }
        body.instructions().end();
        code.function(&body);
    }
    let (mut tables, mut memories, mut globals) =
        (TableSection::new(), MemorySection::new(), GlobalSection::new());
    let element_type = RefType::FUNCREF;
    tables.table(TableType { element_type, minimum: 1, maximum: None, table64: false, shared: false });
    let page_size_log2 = None;
    memories.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2 });
    let kind = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
    globals.global(kind, &ConstExpr::i32_const(0));
    let mut elements = ElementSection::new();
    elements.active(None, &ConstExpr::i32_const(0), Elements::Functions([5].as_slice().into()));
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&kinds).section(&tables).section(&memories);
    module.section(&globals).section(&exports).section(&elements).section(&code);
    module.finish()
}

fn parts_of(functions: &[Given]) -> Parts {
    split(&module(functions), |name| name == "later").unwrap()
}

/// A part, as far as tests look at it.
#[derive(Default)]
struct Seen {
    numbers: BTreeSet<i32>,
    types: u32,
    imports: Vec<(String, String, TypeRef)>,
    exports: BTreeMap<String, ExternalKind>,
}

fn seen(part: &[u8]) -> Seen {
    let mut seen = Seen::default();
    for payload in Parser::new(0).parse_all(part) {
        match payload.unwrap() {
            Payload::TypeSection(section) => seen.types = section.count(),
            Payload::ImportSection(section) => {
                for import in section.into_imports().map(Result::unwrap) {
                    seen.imports.push((import.module.to_string(), import.name.to_string(), import.ty));
                }
            }
            Payload::ExportSection(section) => {
                for export in section.into_iter().map(Result::unwrap) {
                    seen.exports.insert(export.name.to_string(), export.kind);
                }
            }
            Payload::CodeSectionEntry(body) => {
                if let Operator::I32Const { value } = body.get_operators_reader().unwrap().read().unwrap() {
                    seen.numbers.insert(value);
                }
            }
            _ => {}
        }
    }
    seen
}

/// What the rest imports and the first has not.
fn lacking(first: &[u8], rest: &[u8]) -> Vec<String> {
    let exports = seen(first).exports;
    let is_there = |(module, name, ty): &(String, String, TypeRef)| {
        let kind = match ty {
            TypeRef::Func(_) | TypeRef::FuncExact(_) => ExternalKind::Func,
            TypeRef::Table(_) => ExternalKind::Table,
            TypeRef::Memory(_) => ExternalKind::Memory,
            TypeRef::Global(_) => ExternalKind::Global,
            TypeRef::Tag(_) => ExternalKind::Tag,
        };
        module == "first" && exports.get(name) == Some(&kind)
    };
    let imports = seen(rest).imports.into_iter().filter(|import| !is_there(import));
    imports.map(|(module, name, _)| format!("{module} {name}")).collect()
}

#[test]
fn the_rest_is_what_only_its_exports_reach_by_name() {
    let Parts { first, rest, moved } = parts_of(&GIVEN);
    assert_eq!(moved, ["later"]);
    // 50 is called through the table and calls 70, and 30 is called by both.
    assert_eq!(seen(&first).numbers, BTreeSet::from([10, 30, 50, 70]));
    assert_eq!(seen(&rest).numbers, BTreeSet::from([20, 40, 60]));
    assert_eq!(seen(&rest).exports.into_keys().collect::<Vec<_>>(), ["later"]);
    assert!(!seen(&first).exports.contains_key("later"));
}

#[test]
fn the_rest_takes_what_it_shares_from_the_first_and_from_nobody_else() {
    let Parts { first, rest, .. } = parts_of(&GIVEN);
    assert_eq!(lacking(&first, &rest), Vec::<String>::new());
    // Three functions, one of them the page's, and the memory, the table and the global.
    assert_eq!(seen(&rest).imports.len(), 6);
    let [(module, name, _)] = seen(&first).imports.try_into().unwrap();
    assert_eq!((module.as_str(), name.as_str()), ("page", "tell"));
}

#[test]
fn types_that_a_part_does_not_use_are_not_in_it() {
    let Parts { first, rest, .. } = parts_of(&GIVEN);
    assert_eq!((seen(&first).types, seen(&rest).types), (1, 1));
}

#[test]
fn parts_of_two_modules_do_not_fit_together() {
    let mut others = GIVEN;
    others[2].2 = 31;
    let (one, other) = (parts_of(&GIVEN), parts_of(&others));
    assert_eq!(lacking(&other.first, &other.rest), Vec::<String>::new());
    assert_eq!(lacking(&one.first, &other.rest).len(), 1);
    assert_eq!(lacking(&other.first, &one.rest).len(), 1);
}

#[test]
fn what_the_table_s_functions_call_stays_in_the_first() {
    let mut functions = GIVEN;
    functions[4].1 = &[4];
    let Parts { first, rest, .. } = parts_of(&functions);
    assert_eq!(seen(&first).numbers, BTreeSet::from([10, 30, 40, 50, 60]));
    assert_eq!(seen(&rest).numbers, BTreeSet::from([20, 70]));
}

#[test]
fn short_names_are_all_different() {
    let names: BTreeSet<String> = (0..5000).map(short).collect();
    assert_eq!(names.len(), 5000);
    assert!((0..3844).map(short).all(|name| name.len() == 2));
}
