//! What a module is made of, as far as splitting it asks: its functions, and which of them call which.

use std::collections::BTreeSet;

use wasmparser::{
    ConstExpr, ElementItems, Export, ExternalKind, FuncType, FunctionBody, GlobalType, MemoryType, Operator,
    Parser, Payload, TableType, TypeRef,
};

use crate::wasm::by_likeness;

/// A module; functions, tables and so on go by their numbers in it.
#[derive(Default)]
pub(super) struct Contents<'a> {
    pub(super) types: Vec<FuncType>,
    pub(super) tables: Vec<TableType>,
    pub(super) memories: Vec<MemoryType>,
    pub(super) globals: Vec<GlobalType>,
    pub(super) exports: Vec<Export<'a>>,
    /// How many functions are imported: their numbers come first.
    imported: u32,
    /// The number of each function's type.
    kinds: Vec<u32>,
    bodies: Vec<FunctionBody<'a>>,
    /// What each of the bodies calls.
    calls: Vec<BTreeSet<u32>>,
    /// What somebody may call without naming it, and what names parts of a module that only the first has.
    anchored: BTreeSet<u32>,
}

impl<'a> Contents<'a> {
    pub(super) fn read(module: &'a [u8]) -> Result<Self, String> {
        let mut contents = Self::default();
        for payload in Parser::new(0).parse_all(module) {
            payload
                .and_then(|payload| contents.take(payload))
                .map_err(|error| format!("the module cannot be read: {error}"))?;
        }
        Ok(contents)
    }

    fn take(&mut self, payload: Payload<'a>) -> wasmparser::Result<()> {
        match payload {
            Payload::TypeSection(section) => {
                self.types = section.into_iter_err_on_gc_types().collect::<Result<_, _>>()?;
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    match import?.ty {
                        TypeRef::Func(kind) => {
                            self.kinds.push(kind);
                            self.imported += 1;
                        }
                        TypeRef::Table(table) => self.tables.push(table),
                        TypeRef::Memory(memory) => self.memories.push(memory),
                        TypeRef::Global(global) => self.globals.push(global),
                        TypeRef::Tag(_) | TypeRef::FuncExact(_) => {}
                    }
                }
            }
            Payload::FunctionSection(section) => {
                for kind in section {
                    self.kinds.push(kind?);
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    self.tables.push(table?.ty);
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    self.memories.push(memory?);
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    let global = global?;
                    self.globals.push(global.ty);
                    self.anchor_all(&global.init_expr)?;
                }
            }
            Payload::ExportSection(section) => {
                self.exports = section.into_iter().collect::<Result<_, _>>()?
            }
            Payload::StartSection { func, .. } => _ = self.anchored.insert(func),
            Payload::ElementSection(section) => {
                for element in section {
                    self.take_items(element?.items)?;
                }
            }
            Payload::CodeSectionEntry(body) => self.take_body(body)?,
            _ => {}
        }
        Ok(())
    }

    fn take_items(&mut self, items: ElementItems<'a>) -> wasmparser::Result<()> {
        match items {
            ElementItems::Functions(functions) => {
                for function in functions {
                    self.anchored.insert(function?);
                }
            }
            ElementItems::Expressions(_, expressions) => {
                for expression in expressions {
                    self.anchor_all(&expression?)?;
                }
            }
        }
        Ok(())
    }

    fn take_body(&mut self, body: FunctionBody<'a>) -> wasmparser::Result<()> {
        let mut calls = BTreeSet::new();
        let own = (self.imported..).nth(self.bodies.len()).unwrap_or_default();
        for operator in body.get_operators_reader()? {
            match operator? {
                Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                    calls.insert(function_index);
                }
                Operator::RefFunc { function_index } => self.anchored.extend([function_index, own]),
                Operator::MemoryInit { .. }
                | Operator::DataDrop { .. }
                | Operator::TableInit { .. }
                | Operator::ElemDrop { .. } => _ = self.anchored.insert(own),
                _ => {}
            }
        }
        self.bodies.push(body);
        self.calls.push(calls);
        Ok(())
    }

    fn anchor_all(&mut self, expression: &ConstExpr<'a>) -> wasmparser::Result<()> {
        for operator in expression.get_operators_reader() {
            if let Operator::RefFunc { function_index } = operator? {
                self.anchored.insert(function_index);
            }
        }
        Ok(())
    }

    /// The functions that are imported.
    pub(super) fn imported(&self) -> impl Iterator<Item = u32> + use<> {
        0..self.imported
    }

    /// The functions that are not.
    pub(super) fn own(&self) -> impl Iterator<Item = u32> + use<> {
        (self.imported..).take(self.bodies.len())
    }

    /// The functions that are reached by all but these exports.
    pub(super) fn reached_without(&self, is_left_out: impl Fn(&str) -> bool) -> BTreeSet<u32> {
        let exports = self.exports.iter().filter(|export| export.kind == ExternalKind::Func);
        let others = exports.filter(|export| !is_left_out(export.name)).map(|export| export.index);
        let mut reached: BTreeSet<u32> = self.anchored.iter().copied().chain(self.imported()).collect();
        reached.extend(others);
        let mut ahead: Vec<u32> = reached.iter().copied().collect();
        while let Some(function) = ahead.pop() {
            ahead.extend(self.calls(function).filter(|called| reached.insert(*called)));
        }
        reached
    }

    /// What a function calls by name.
    pub(super) fn calls(&self, function: u32) -> impl Iterator<Item = u32> + '_ {
        self.place(function).into_iter().flat_map(|place| self.calls[place].iter().copied())
    }

    /// What the parts share beside functions.
    pub(super) fn state(&self) -> impl Iterator<Item = (ExternalKind, u32)> + use<> {
        let all = |kind, count: usize| (0..).take(count).map(move |index| (kind, index));
        all(ExternalKind::Memory, self.memories.len())
            .chain(all(ExternalKind::Table, self.tables.len()))
            .chain(all(ExternalKind::Global, self.globals.len()))
    }

    /// The number of a function's type.
    pub(super) fn kind(&self, function: u32) -> u32 {
        self.kinds[function as usize]
    }

    pub(super) fn body(&self, function: u32) -> Option<&FunctionBody<'a>> {
        self.place(function).map(|place| &self.bodies[place])
    }

    /// Functions that are not imported, those that are alike side by side.
    pub(super) fn by_likeness(&self, functions: &[u32]) -> Vec<u32> {
        let bodies = functions.iter().filter_map(|function| self.body(*function));
        let order = by_likeness(bodies.map(FunctionBody::as_bytes));
        order.into_iter().map(|place| functions[place as usize]).collect()
    }

    /// Where a function is among the bodies.
    fn place(&self, function: u32) -> Option<usize> {
        (function as usize).checked_sub(self.imported as usize)
    }
}
