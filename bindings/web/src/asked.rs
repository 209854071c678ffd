//! Questions as JavaScript asks them.

use portcullis::sorted::SortedMap;

use portcullis::ask::ends::{EndJson, EndName};
use portcullis::ask::failure::Failure;
use portcullis::ask::question::{Parts, Question};
use serde::Deserialize;

/// A question, and by which plugin.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Asked {
    from: End,
    to: End,
    protocol: Option<NumberOrText>,
    port: Option<NumberOrText>,
    source_port: Option<u16>,
    icmp_type: Option<u8>,
    icmp_code: Option<u8>,
    connection: Option<String>,
    /// The plugin, where it is another than the session's.
    pub profile: Option<String>,
    /// Its options.
    pub set: Option<SortedMap<String, String>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(
    untagged,
    expecting = "an end of a flow: a text, or an object with `pod`, `workload`, `service` or `ip`"
)]
enum End {
    Text(String),
    Named(EndJson),
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "a number or a text")]
enum NumberOrText {
    Number(i64),
    Text(String),
}

impl NumberOrText {
    fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

impl Asked {
    /// The question, its ends by name.
    pub(crate) fn question(&self, namespace: Option<&str>) -> Result<Question, Failure> {
        let end = |end: &End| match end {
            End::Text(text) => EndName::parse(text, namespace),
            End::Named(end) => EndName::from_json(end.clone(), namespace),
        };
        let (protocol, port) =
            (self.protocol.as_ref().map(NumberOrText::text), self.port.as_ref().map(NumberOrText::text));
        let parts = Parts {
            protocol: protocol.as_deref(),
            port: port.as_deref(),
            source_port: self.source_port,
            icmp_type: self.icmp_type,
            icmp_code: self.icmp_code,
            connection: self.connection.as_deref(),
        };
        Question::between(end(&self.from)?, end(&self.to)?, &parts)
    }

    /// The same question to a plugin as it is shipped.
    pub(crate) fn of_plugin(&self, profile: String) -> Self {
        Self { profile: Some(profile), set: None, ..self.clone() }
    }

    /// Whether another plugin is asked than the session's.
    pub(crate) const fn is_of_another(&self) -> bool {
        self.profile.is_some() || self.set.is_some()
    }
}
