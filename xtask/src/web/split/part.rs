//! One part of a module, with numbers of its own for functions and types.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{
    CodeSection, EntityType, ExportSection, FunctionSection, ImportSection, Module, TypeSection,
};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, ExportSectionReader, ExternalKind, FunctionSectionReader, Parser,
    TypeSectionReader,
};

use super::contents::Contents;

/// What the rest calls the module that it takes everything from.
const FIRST: &str = "first";

/// A part. Functions and types that it is asked about have the numbers of the module, those that it writes its own.
pub(super) struct Part<'a> {
    contents: &'a Contents<'a>,
    /// The functions that it has, in order; what it imports has the numbers before them.
    own: &'a [u32],
    numbers: HashMap<u32, u32>,
    /// The types that it uses: the most used first, since low numbers are short.
    types: Vec<u32>,
    /// How often each type is used.
    uses: BTreeMap<u32, usize>,
    imports: Vec<Named>,
    exports: Vec<Named>,
}

struct Named {
    name: String,
    kind: ExternalKind,
    index: u32,
}

impl<'a> Part<'a> {
    /// The part that imports some functions and has others.
    pub(super) fn new(contents: &'a Contents<'a>, imported: &[u32], own: &'a [u32]) -> Result<Self, String> {
        let functions = imported.iter().chain(own);
        let mut part = Self {
            contents,
            own,
            numbers: functions.clone().copied().zip(0..).collect(),
            types: Vec::new(),
            uses: BTreeMap::new(),
            imports: Vec::new(),
            exports: Vec::new(),
        };
        // Written once for the types that it asks for.
        let counted = functions
            .map(|function| contents.kind(*function))
            .try_for_each(|kind| part.type_index(kind).map(drop));
        counted.and_then(|()| part.code().map(drop)).map_err(words)?;
        let mut types: Vec<(u32, usize)> = part.uses.iter().map(|(kind, uses)| (*kind, *uses)).collect();
        types.sort_by_key(|(_, uses)| Reverse(*uses));
        part.types = types.into_iter().map(|(kind, _)| kind).collect();
        Ok(part)
    }

    /// The number that a function has in it.
    pub(super) fn number(&self, function: u32) -> Option<u32> {
        self.numbers.get(&function).copied()
    }

    pub(super) fn import(&mut self, name: String, kind: ExternalKind, index: u32) {
        self.imports.push(Named { name, kind, index });
    }

    pub(super) fn export(&mut self, name: &str, kind: ExternalKind, index: u32) {
        self.exports.push(Named { name: name.to_string(), kind, index });
    }

    pub(super) fn exported(&self) -> impl Iterator<Item = &str> {
        self.exports.iter().map(|export| export.name.as_str())
    }

    /// Writes it with everything else that the module has.
    pub(super) fn with_state(mut self, module: &[u8]) -> Result<Vec<u8>, String> {
        let mut first = Module::new();
        self.parse_core_module(&mut first, Parser::new(0), module).map_err(words)?;
        Ok(first.finish())
    }

    /// Writes it with nothing but its functions.
    pub(super) fn without_state(mut self) -> Result<Vec<u8>, String> {
        let mut rest = Module::new();
        rest.section(&self.kinds().map_err(words)?);
        rest.section(&self.imports().map_err(words)?);
        rest.section(&self.functions().map_err(words)?);
        rest.section(&self.exports().map_err(words)?);
        rest.section(&self.code().map_err(words)?);
        Ok(rest.finish())
    }

    fn kinds(&mut self) -> Result<TypeSection, Error<String>> {
        let mut section = TypeSection::new();
        for place in 0..self.types.len() {
            let kind = self.contents.types[self.types[place] as usize].clone();
            let kind = self.func_type(kind)?;
            section.ty().func_type(&kind);
        }
        Ok(section)
    }

    fn imports(&mut self) -> Result<ImportSection, Error<String>> {
        let mut section = ImportSection::new();
        for Named { name, kind, index } in std::mem::take(&mut self.imports) {
            let place = index as usize;
            let contents = self.contents;
            let ty = match kind {
                ExternalKind::Table => EntityType::Table(self.table_type(contents.tables[place])?),
                ExternalKind::Memory => EntityType::Memory(self.memory_type(contents.memories[place])?),
                ExternalKind::Global => EntityType::Global(self.global_type(contents.globals[place])?),
                ExternalKind::Func | ExternalKind::FuncExact | ExternalKind::Tag => {
                    EntityType::Function(self.type_index(contents.kind(index))?)
                }
            };
            section.import(FIRST, &name, ty);
        }
        Ok(section)
    }

    fn functions(&mut self) -> Result<FunctionSection, Error<String>> {
        let mut section = FunctionSection::new();
        for function in self.own {
            section.function(self.type_index(self.contents.kind(*function))?);
        }
        Ok(section)
    }

    fn exports(&mut self) -> Result<ExportSection, Error<String>> {
        let mut section = ExportSection::new();
        for Named { name, kind, index } in std::mem::take(&mut self.exports) {
            section.export(&name, self.export_kind(kind)?, self.external_index(kind, index)?);
        }
        Ok(section)
    }

    fn code(&mut self) -> Result<CodeSection, Error<String>> {
        let mut section = CodeSection::new();
        for body in self.own.iter().filter_map(|function| self.contents.body(*function)) {
            self.parse_function_body(&mut section, body.clone())?;
        }
        Ok(section)
    }
}

impl Reencode for Part<'_> {
    type Error = String;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<String>> {
        let elsewhere =
            || Error::UserError(format!("function {function} is wanted, which is in the other part"));
        self.number(function).ok_or_else(elsewhere)
    }

    fn type_index(&mut self, kind: u32) -> Result<u32, Error<String>> {
        *self.uses.entry(kind).or_default() += 1;
        match (0..).zip(&self.types).find(|(_, known)| **known == kind) {
            Some((number, _)) => Ok(number),
            // They are still being counted.
            None if self.types.is_empty() => Ok(0),
            None => Err(Error::UserError(format!("type {kind} is wanted, which nothing in this part has"))),
        }
    }

    fn parse_type_section(
        &mut self,
        section: &mut TypeSection,
        _: TypeSectionReader<'_>,
    ) -> Result<(), Error<String>> {
        *section = self.kinds()?;
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        section: &mut FunctionSection,
        _: FunctionSectionReader<'_>,
    ) -> Result<(), Error<String>> {
        *section = self.functions()?;
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        section: &mut ExportSection,
        _: ExportSectionReader<'_>,
    ) -> Result<(), Error<String>> {
        *section = self.exports()?;
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        section: &mut CodeSection,
        _: CodeSectionReader<'_>,
    ) -> Result<(), Error<String>> {
        *section = self.code()?;
        Ok(())
    }

    /// What tools say of the whole module is not true of a part.
    fn parse_custom_section(
        &mut self,
        _: &mut Module,
        _: CustomSectionReader<'_>,
    ) -> Result<(), Error<String>> {
        Ok(())
    }
}

fn words(error: Error<String>) -> String {
    match error {
        Error::UserError(words) => words,
        error => error.to_string(),
    }
}
