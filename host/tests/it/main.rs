//! What the host promises, with the guest as it is and with guests that are broken on purpose.

mod broken;
mod cache;
mod corpus;
mod guest;
mod hostile;
mod publish;
