//! A running cluster over time: its objects after each change, over relists, lost connections and expired versions.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::time::Duration;

use futures_util::stream::{SelectAll, Stream, StreamExt};
use kube::core::DynamicObject;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client};
use portcullis::ask::failure::Failure;

use super::connect::{client, is_missing, refused, runtime, whole};
use super::object::{self, Key};
use super::resources::{RESOURCES, Resource};
use super::{PAGE, label};
use crate::input::Document;

/// Changes that come so soon after one another are shown as one: a rollout changes many pods at once.
const QUIET: Duration = Duration::from_millis(300);
/// Under steady change, what there is is shown after so long all the same.
const LATEST: Duration = Duration::from_secs(3);

type Events = Pin<Box<dyn Stream<Item = (usize, Result<Event<DynamicObject>, watcher::Error>)>>>;

/// What is known of one resource.
#[derive(Debug, Default)]
struct Seen {
    objects: BTreeMap<Key, String>,
    /// The list that is coming in, which replaces what is known once it is whole.
    incoming: Option<BTreeMap<Key, String>>,
    listed: bool,
}

impl Seen {
    /// Takes an event in; whether what is known is another thing than before.
    fn take(&mut self, resource: &Resource, event: Event<DynamicObject>) -> bool {
        match event {
            Event::Init => {
                self.incoming = Some(BTreeMap::new());
                false
            }
            Event::InitApply(object) => {
                let key = object::key(resource, &object);
                self.incoming.get_or_insert_default().insert(key, object::text(resource, object));
                false
            }
            Event::InitDone => {
                let objects = self.incoming.take().unwrap_or_default();
                self.replace(objects)
            }
            Event::Apply(object) => {
                let key = object::key(resource, &object);
                let text = object::text(resource, object);
                self.objects.insert(key, text.clone()).is_none_or(|before| before != text)
            }
            Event::Delete(object) => self.objects.remove(&object::key(resource, &object)).is_some(),
        }
    }

    /// Takes a whole list in, which is empty where the server has no such resource; whether that is another thing than
    /// before.
    fn replace(&mut self, objects: BTreeMap<Key, String>) -> bool {
        let changes = !self.listed || objects != self.objects;
        self.objects = objects;
        self.listed = true;
        changes
    }
}

/// Calls `changed` with all objects, once when all are there and again after changes, until it says that it is enough;
/// `lost` hears of connections that are lost and tried again.
///
/// # Errors
/// When the cluster cannot be reached at first, or does not let its objects be listed.
pub(crate) fn watch(
    context: Option<&str>,
    mut changed: impl FnMut(&[Document]) -> bool,
    mut lost: impl FnMut(&str),
) -> Result<(), Failure> {
    runtime()?.block_on(async {
        let client = client(context).await?;
        let cluster = label(context);
        let mut events: SelectAll<Events> = SelectAll::new();
        for (index, resource) in RESOURCES.iter().enumerate() {
            events.push(follow(&client, index, resource));
        }
        let mut seen: Vec<Seen> = RESOURCES.iter().map(|_| Seen::default()).collect();
        let mut since: Option<tokio::time::Instant> = None;
        loop {
            let next = match since {
                // Not before all lists are whole: a part of a cluster decides otherwise than the whole.
                Some(first) if seen.iter().all(|seen| seen.listed) => {
                    let wait = QUIET.min(LATEST.saturating_sub(first.elapsed()));
                    match tokio::time::timeout(wait, events.next()).await {
                        Ok(next) => next,
                        Err(_) => {
                            since = None;
                            if !changed(&documents(&cluster, &seen)) {
                                return Ok(());
                            }
                            continue;
                        }
                    }
                }
                _ => events.next().await,
            };
            let Some((index, event)) = next else { return Ok(()) };
            let (Some(seen), Some(resource)) = (seen.get_mut(index), RESOURCES.get(index)) else { continue };
            let changes = match event {
                Ok(event) => seen.take(resource, event),
                // It is asked for again from time to time: a definition that comes later is seen.
                Err(watcher::Error::InitialListFailed(error)) if is_missing(resource, &error) => {
                    seen.replace(BTreeMap::new())
                }
                Err(watcher::Error::InitialListFailed(error)) if !seen.listed => {
                    return Err(refused(resource, &error));
                }
                Err(error) => {
                    lost(&format!("{}: {}; trying again", resource.full_name(), whole(&error)));
                    false
                }
            };
            if changes {
                since.get_or_insert_with(tokio::time::Instant::now);
            }
        }
    })
}

fn follow(client: &Client, index: usize, resource: &Resource) -> Events {
    let api: Api<DynamicObject> = Api::all_with(client.clone(), &resource.api());
    let config = watcher::Config::default().page_size(PAGE);
    Box::pin(watcher(api, config).default_backoff().map(move |event| (index, event)))
}

fn documents(cluster: &str, seen: &[Seen]) -> Vec<Document> {
    let objects = seen.iter().flat_map(|seen| &seen.objects);
    objects.map(|(key, text)| Document { name: object::name(cluster, key), text: Ok(text.clone()) }).collect()
}

#[cfg(test)]
mod tests {
    use kube::core::DynamicObject;
    use kube::runtime::watcher::Event;

    use super::{RESOURCES, Seen};

    fn pod(name: &str, app: &str) -> DynamicObject {
        let value =
            serde_json::json!({"metadata": {"namespace": "shop", "name": name, "labels": {"app": app}}});
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_list_replaces_what_was_known_once_it_is_whole() {
        let resource = &RESOURCES[2];
        let mut seen = Seen::default();
        assert!(!seen.take(resource, Event::Init));
        assert!(!seen.take(resource, Event::InitApply(pod("web", "web"))));
        assert!(!seen.listed);
        assert!(seen.take(resource, Event::InitDone));
        assert!(seen.listed);
        assert!(!seen.take(resource, Event::Apply(pod("web", "web"))), "nothing new");
        assert!(seen.take(resource, Event::Apply(pod("web", "cart"))));
        assert!(seen.take(resource, Event::Apply(pod("db", "db"))));
        assert!(!seen.take(resource, Event::Init));
        assert!(!seen.take(resource, Event::InitApply(pod("db", "db"))));
        assert_eq!(seen.objects.len(), 2, "until the list is whole, the old one holds");
        assert!(seen.take(resource, Event::InitDone), "`web` went unseen");
        assert_eq!(seen.objects.len(), 1);
        assert!(!seen.take(resource, Event::Delete(pod("web", "web"))));
        assert!(seen.take(resource, Event::Delete(pod("db", "db"))));
    }
}
