//! The settings that the files beside this one get wrong. Each file has one mistake, and begins
//! with the place and the key that a good error names.

use std::collections::HashMap;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Settings {
    pub host: String,
    pub port: u16,
    pub workers: Option<u8>,
    #[serde(default)]
    pub verbose: bool,
    pub timeout: f64,
    pub mode: Mode,
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub limits: HashMap<String, u32>,
    pub db: Db,
    #[serde(default)]
    pub servers: Vec<Server>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    Fast,
    Safe,
}

#[derive(Debug, Deserialize)]
pub struct Db {
    pub url: String,
    pub pool: u8,
    pub password: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Server {
    pub name: String,
    pub port: u16,
}
