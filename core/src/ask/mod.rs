//! Questions as people ask them: ends by name, ports by name, services; answered for all that the ends stand for.
//!
//! The command line and the browser ask through it, so that both say the same, in the same words.
//!
//! ```
//! use portcullis::ask::answer::{Judge, Outcome};
//! use portcullis::ask::ends::EndName;
//! use portcullis::ask::question::{Parts, Question};
//! use portcullis::cluster::{ClusterBuilder, Pod};
//! use portcullis::policy::PolicySet;
//! use portcullis::{Engine, Options};
//!
//! let mut builder = ClusterBuilder::new();
//! builder.pod(Pod::new("shop", "web")).pod(Pod::new("shop", "db"));
//! let engine = Engine::new(builder.build().unwrap(), PolicySet::default(), Options::default());
//! let judge = Judge::new(&engine);
//! let ends = ["shop/web", "shop/db"].map(|text| EndName::parse(text, None).unwrap());
//! let [from, to] = ends;
//! let question = Question::between(from, to, &Parts { port: Some("5432"), ..Parts::default() }).unwrap();
//! assert_eq!(judge.answer(&question).unwrap().outcome(), Outcome::Allowed);
//!
//! let misspelt = EndName::parse("shop/bd", None).unwrap();
//! let failure = judge.answer(&Question { to: misspelt, ..question }).unwrap_err();
//! assert_eq!(failure.message, "there is no pod or workload `shop/bd`; did you mean `shop/db`?");
//! ```

pub mod answer;
pub mod ends;
pub mod failure;
mod judge;
pub mod lacks;
pub mod names;
pub mod passage;
mod plugin;
pub mod question;
pub mod words;
