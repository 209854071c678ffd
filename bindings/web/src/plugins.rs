//! Network plugins: which there are, and what they make of policies and questions.

use portcullis::policy::PolicyId;
use portcullis::profile::{Behaviour, Difference, Plugin, Profile, review};
use serde_json::{Value, json};

use crate::asked::Asked;
use crate::{Refusal, Session};

/// A profile with its version, such as `cilium@1.19`.
pub(crate) fn full_name(profile: &Profile) -> String {
    match profile.version() {
        Some(version) => format!("{}@{version}", profile.plugin().name),
        None => profile.plugin().name.to_string(),
    }
}

/// The network plugins that there are.
pub(crate) fn plugins() -> Value {
    let plugin = |plugin: &Plugin| {
        let options = plugin
            .options
            .iter()
            .map(|option| json!({ "key": option.key, "values": option.values, "ownName": option.own_name }));
        json!({
            "name": plugin.name,
            "summary": plugin.summary,
            "versions": plugin.versions,
            "options": options.collect::<Vec<_>>(),
            "behaviours": Profile::of(plugin).behaviours().iter().map(behaviour).collect::<Vec<_>>(),
        })
    };
    Profile::plugins().iter().map(plugin).collect()
}

pub(crate) fn behaviour(behaviour: &Behaviour) -> Value {
    json!({
        "id": behaviour.id,
        "ideal": behaviour.ideal,
        "actual": behaviour.actual,
        "source": behaviour.source,
        "confidence": behaviour.confidence.as_str(),
        "unknown": behaviour.is_unknown(),
    })
}

impl Session {
    /// What plugins make of each policy, as it is written.
    ///
    /// # Errors
    /// When a profile is not known.
    pub fn review(&self, profiles: &[String]) -> Result<Value, Refusal> {
        let mut rows = Vec::new();
        for name in profiles {
            let profile = Profile::find(name).map_err(|error| Refusal(error.to_string()))?;
            for finding in review(self.engine.cluster(), self.engine.policies(), &profile) {
                let mut row = self.teller().policy(finding.policy);
                row["profile"] = full_name(&profile).into();
                row["status"] = finding.status.as_str().into();
                let differences = finding.differences.iter().map(|it| self.difference(finding.policy, it));
                row["differences"] = differences.collect();
                rows.push(row);
            }
        }
        Ok(rows.into())
    }

    fn difference(&self, policy: PolicyId, difference: &Difference) -> Value {
        let teller = self.teller();
        let policy = teller.engine.policies().policy(policy);
        let span = policy.map(|policy| teller.places.of_policy(teller.texts, policy, &difference.field));
        json!({
            "field": difference.field,
            "span": span,
            "id": difference.id,
            "ideal": difference.ideal,
            "actual": difference.actual,
        })
    }

    /// One answer a profile, in order.
    pub fn compare(&mut self, question: &Asked, profiles: Vec<String>) -> Value {
        let answer = |profile: String| self.decide(&question.of_plugin(profile));
        profiles.into_iter().map(answer).collect()
    }

    /// The options of the specification, with their values.
    #[must_use]
    pub fn options(&self) -> Value {
        let entries = self
            .engine
            .options()
            .entries()
            .into_iter()
            .map(|entry| json!({ "key": entry.key, "value": entry.value, "values": entry.values }));
        entries.collect()
    }
}
