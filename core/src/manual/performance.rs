//! How a decision is made in constant time, and what it costs.
//!
//! # The idea
//!
//! Policies are asked once, when the image is compiled, and never again. What they can tell apart of an end is a small
//! number, its **atom**; for every subject the answer to every peer's atom is written down; and a decision reads it.
//!
//! ```text
//!  source address ──► atom s ─┐                ┌─► record s, egress half ──► bucket of d ──► row ──► (protocol, port)
//!                             ├── two atoms ───┤                                                      reason, rule
//!  destination    ──► atom d ─┘                └─► record d, ingress half ─► bucket of s ──► row ──► (protocol, port)
//! ```
//!
//! The two sides do not wait for each other. Each step reads one line of 64 bytes: a decision is two address lookups, two
//! records, two buckets and two rows, whatever the number of policies.
//!
//! # The parts
//!
//! An image is a run of [`Line`](crate::Line)s of sixteen words. After the header come twelve sections:
//!
//! | section | a line holds | read when |
//! |---|---|---|
//! | pods, IPv4 | eight addresses, eight atoms; a hash says which line | an address is looked up |
//! | pods, IPv6 | three addresses, three atoms | as above |
//! | roots | entries by an address's first 8, 14 or 20 bits: an atom, or a node | the address is no pod's |
//! | nodes, leaves | six more bits a step, packed by counting bits | as above |
//! | records | one atom of a pod: an egress half and an ingress half; the first is of all who are no pods | always |
//! | buckets | eight peers' atoms, eight slots; a hash says which line of the subject's table | always |
//! | rows | eight bounds of (protocol, port), and what begins at each, or holds at it alone | always |
//! | defaults | sixteen of the slots of a kind's 64 regions | a table tells regions apart, and does not list the peer |
//! | tables beneath | two halves of records: tables that others lie on | a table lies on another, and does not list the peer |
//! | rule lists | the rules of each table in order | a rule's id is asked for |
//!
//! **Atoms.** Pods with the same answers to every selector in use and the same numbers for every port name in use are one
//! *identity class*. Addresses that the same rules' blocks hold are alike; a list of ten thousand CIDRs in one rule is one
//! condition, not ten thousand. An atom is a class (or none) and a set of such conditions. Its two highest bits are its
//! *kind*: pod, pod by an IPv6 address, outside, outside by an IPv6 address. Six more are its *region*: pods that the broad
//! peers hold alike, those of 256 classes and more, such as an environment's namespaces. The rest is its number: of a pod's
//! atom the place of its record, of any other one of its own, since policies tell addresses apart as peers alone.
//!
//! **Records.** For each direction: where the subject's table of buckets lies, how many it has, a seed for its hash, and
//! the slot of a peer that the table does not list, one for each kind. So `0.0.0.0/0` and "all pods" cost nothing: what
//! holds for most of a kind is its default, and only the others are listed. A table whose rules hold some regions and not
//! others has a slot for each region, out of line, and a flag says so: a rule for all of an environment costs 64 slots
//! instead of one for each class in it, and tables without such rules cost nothing more.
//!
//! **Tables beneath.** What the rules of the tier Admin say of peers is a table of its own where they tell 64 peers and more
//! apart, shared by all subjects that have the same of these rules. A subject's own table then lists only whom its other rules
//! hold, with the answer of all tiers, and its default words number the table beneath, which has everyone else. Those rules
//! come first in every list, so that a slot there means the same rule for all who lie on it. Pods and others are told
//! apart: a subject that lets in `0.0.0.0/0` lists others itself. No table beneath lies on another: a decision reads two lines
//! more, however many policies of the cluster there are.
//!
//! No policy is about what is no pod, so that all such atoms have one record, the first: with a million CIDRs half of all
//! atoms are outside, and a decision reads one cold line less. An atom that the image does not know is written as a pod's,
//! past the last record: whoever has it is denied.
//!
//! **Slots.** A slot is the *complete* answer for a peer: all rules that match it, swept from the lowest port to the
//! highest into a row that has the first of them at each. It has the number of the row and how far its rules are from the
//! start of the subject's list. Rows that differ in nothing else are one row.
//!
//! **Rows.** The last of the eight bounds that is not above the flow's key (two bits of protocol, sixteen of port) decides,
//! unless the line has a *point* at the key: a bound for its own key alone, as single ports are in the midst of what is
//! isolated. Points come last, and have a bit that no key has, so that one comparison in order and one for equality find
//! both. A row that needs more than eight has the first ones on its first line, and the rest on lines that this one leads
//! to. Named ports are gone: on ingress the subject's numbers are painted, on egress the peer's.
//!
//! **Rules.** A row knows a rule by its place in the subject's list. [`Image::decision`](crate::Image::decision) turns the
//! place into the rule's id; deciding does not need to.
//!
//! # A worked example
//!
//! Namespace `shop` has pods `web` and `db`; policy `db` selects `app=db` and allows ingress from `app=web` on TCP 5432.
//! Two selectors are in use, so there are two classes, and with `0.0.0.0` outside three atoms: `web`, `db`, outside. `web`'s
//! record has the row *no policy* for every kind in both halves, and so has `db`'s egress half. `db`'s ingress half has the
//! row *isolated* for every kind, and a table of one bucket with one slot: `web` → a row with the bound `TCP 0 → isolated`
//! and the point `TCP 5432 → rule 0`. A flow from `web` to `db`, port 5432: two addresses give two atoms; `web`'s egress
//! half lists nobody, its default row says *no policy*; in `db`'s bucket `web` is found, and its row has a point at the key:
//! rule 0. Allowed.
//!
//! # Many at once
//!
//! [`Image::decide_batch`](crate::Image::decide_batch) takes sixteen packets through the same steps side by side: first all
//! addresses, then all records, all buckets, all rows. The lines of sixteen packets are on their way from memory at the same
//! time, which is what counts once an image is larger than the caches. In WebAssembly that begins at 512 KB: below,
//! packets are looked up one by one, since what steps hand on costs more there than waiting for a cache.
//!
//! Of an image that no cache holds, what looking up will read first is read once before, for all sixteen packets together:
//! looking up takes branches that nobody foresees (a pod's address, or one outside?), and each that goes wrong throws away
//! what was fetched ahead. Where the lines are in a cache, reading them twice costs more than that saves.
//!
//! # What it relies on
//!
//! - Every index is checked when an image is opened, and every read is checked all the same: there is no `unsafe`.
//! - Deciding does not allocate, lock, or loop over anything that grows with policies.
//! - Tables of classes that no pod is in are not kept: they are found again once one comes.
//! - Each step waits for the one before, and a processor looks ahead about as far as one decision: what is on that way
//!   counts twice. Protocols, found and not found, rule and default are selected, not branched on, because nobody foresees
//!   them. Pod and outside is a branch: whether it goes wrong is known early, and the record need not wait for the answer.
//!
//! # What was tried
//!
//! - Comparing eight words of a line at once, and one multiplication a hash: much less time while all is in the caches;
//!   kept.
//! - Dense pages for pods' IPv4 addresses, and lines of ranges for CIDRs, in place of hash lines and tries: more
//!   instructions a decision, and larger images of small clusters; not kept.
//! - Reading addresses' lines ahead in batches: less time where no cache holds the image, more where one does; kept for
//!   images of 16 MB and more.
//! - Points in rows, and what fits on a row's first line: half as many lines of rows, and a branch less that nobody
//!   foresees; a tenth to a quarter of the time of a hot decision; kept.
//! - Looking at pods and at the root both, and selecting: fewer branches go wrong, but everything waits longer; no gain.
//! - Both sides in one piece with one way out for whatever is rare: fewer instructions, the same time; not kept.
//! - Hashes that a record rotates in place of mixing its seed in before multiplying: 3 % less time in a small cluster, but
//!   more crowded tables in larger ones; not kept.
//! - Sharing of slots by what broad peers hold alike (regions): far fewer slots in a large cluster; kept.
//! - Tables beneath: without them each of the cluster's policies costs a slot for every pair of a subject's class and a peer's,
//!   a thousand of them three to ten times the slots, and half as long again to compile. With them a hot decision takes a
//!   tenth longer, since there is a bucket more to read, and one in a batch less where policies of the cluster are broad;
//!   kept, for the room. Who lies on another is looked for in both tables, and selected: looking beneath only
//!   where the own table does not list the peer is a branch that nobody foresees, and took longer.
//! - For images with tables beneath a look-up of its own, which reads both tables of every side and branches on nothing: a
//!   third of the branches that go wrong, and no gain, one by one or in batches; what the second table costs is its line of
//!   memory, and processors foresee much where traffic repeats itself. Not kept.
//! - Pages of 2 MB (`GLIBC_TUNABLES=glibc.malloc.hugetlb=1`): no difference that could be shown, on a virtual machine.
//!
//! # What is not reached, and why
//!
//! Of the goals below, those that the last quiet run missed:
//!
//! - Hot at S: all of it is in the first cache, and the time is that of some 300 instructions, one decision after another.
//! - Batches at L and XL: the time is that of the memory. A packet reads eight lines; at XL most are in no cache, and ten or
//!   so can be on their way at a time. Reading ahead has helped; letting packets wait until their lines are there has not.
//! - `rte_acl`: its trie of exact pairs is walked faster than the goal supposed; ours takes the time that it was to take.
//! - A pod of a known class, and a policy, in the middle: a transaction checks, keeps what it replaces, writes both images
//!   and publishes, whatever it is about: that is the second half of the microsecond. A policy splits classes, whose tables
//!   are found again.
//! - IPv6: a line of memory has three addresses in place of eight, and hashing four words takes longer than one.
//! - A thousand policies of the cluster beside L's own ten thousand: a second table is read for most pairs.
//!
//! # What was measured
//!
//! `cargo xtask bench` measures all of this, and peers that are checked to decide the same; `--save` keeps the numbers here.
#![doc = include_str!("measured.md")]
