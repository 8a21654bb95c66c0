using Mlops.Storage;

namespace Mlops.Registry;

/// <summary>
/// The tables. The row of <c>registry_model</c> is locked by everything that changes the model, then the row of <c>registry_alias</c> by what
/// moves the alias; one order, so that no two wait for each other. The first numbers versions, the second changes. Neither is
/// ever removed, because it carries the numbers: a deleted model is hidden by <c>deleted</c>, its versions by <c>removed_through</c>, until
/// one of the same name is created, which goes on numbering.
/// </summary>
internal static class RegistrySchema
{
    public static readonly MigrationSet Migrations = new("registry",
    [
        new Migration(1, """
            CREATE TABLE registry_model (
                model {identity},
                name {text} NOT NULL UNIQUE,
                created {int} NOT NULL,
                last_number {int} NOT NULL
            ) {table};

            CREATE TABLE registry_version (
                version {identity},
                model {int} NOT NULL REFERENCES registry_model (model),
                number {int} NOT NULL,
                hash {blob} NOT NULL,
                length {int} NOT NULL,
                format {int} NOT NULL,
                signature {text},
                run_id {text},
                description {text},
                actor {text} NOT NULL,
                created {int} NOT NULL,
                idempotency_key {text} UNIQUE,
                UNIQUE (model, number)
            ) {table};
            CREATE INDEX registry_version_run ON registry_version (run_id, version);

            CREATE TABLE registry_version_tag (
                version {int} NOT NULL REFERENCES registry_version (version),
                name {text} NOT NULL,
                value {text} NOT NULL,
                PRIMARY KEY (version, name)
            ) {keyed};

            CREATE TABLE registry_alias (
                model {int} NOT NULL REFERENCES registry_model (model),
                alias {text} NOT NULL,
                number {int},
                sequence {int} NOT NULL,
                changed {int} NOT NULL,
                PRIMARY KEY (model, alias)
            ) {keyed};

            CREATE TABLE registry_alias_change (
                model {int} NOT NULL REFERENCES registry_model (model),
                alias {text} NOT NULL,
                sequence {int} NOT NULL,
                number {int},
                previous {int},
                changed {int} NOT NULL,
                actor {text} NOT NULL,
                reason {text},
                restores {int},
                decision {int},
                idempotency_key {text} UNIQUE,
                PRIMARY KEY (model, alias, sequence)
            ) {keyed};

            CREATE TABLE registry_decision (
                decision {identity},
                model {int} NOT NULL REFERENCES registry_model (model),
                number {int} NOT NULL,
                alias {text} NOT NULL,
                previous {int},
                alias_sequence {int},
                evidence {text} NOT NULL,
                decided {int} NOT NULL,
                actor {text} NOT NULL,
                reason {text},
                idempotency_key {text} UNIQUE
            ) {table};
            CREATE INDEX registry_decision_alias ON registry_decision (model, alias, decision);

            CREATE TABLE registry_gate (
                decision {int} NOT NULL REFERENCES registry_decision (decision),
                position {int} NOT NULL,
                name {text} NOT NULL,
                verdict {int} NOT NULL,
                reason {text} NOT NULL,
                numbers {text} NOT NULL,
                PRIMARY KEY (decision, position)
            ) {keyed};
            """),

        // Code of version 1 beside this one does not see deletions; what it registers is visible to both.
        new Migration(2, """
            ALTER TABLE registry_model ADD COLUMN description {text};
            ALTER TABLE registry_model ADD COLUMN actor {text};
            ALTER TABLE registry_model ADD COLUMN changed {int};
            ALTER TABLE registry_model ADD COLUMN deleted {int};
            ALTER TABLE registry_model ADD COLUMN removed_through {int} NOT NULL DEFAULT 0;

            CREATE TABLE registry_model_tag (
                model {int} NOT NULL REFERENCES registry_model (model),
                name {text} NOT NULL,
                value {text} NOT NULL,
                PRIMARY KEY (model, name)
            ) {keyed};

            ALTER TABLE registry_version ADD COLUMN source {text};
            ALTER TABLE registry_version ADD COLUMN stage {int} NOT NULL DEFAULT 0;
            ALTER TABLE registry_version ADD COLUMN changed {int};
            ALTER TABLE registry_version ADD COLUMN deleted {int};

            CREATE TABLE registry_version_file (
                version {int} NOT NULL REFERENCES registry_version (version),
                hash {blob} NOT NULL,
                PRIMARY KEY (version, hash)
            ) {keyed};

            ALTER TABLE registry_gate ADD COLUMN facts {text};

            CREATE TABLE registry_approval (
                approval {identity},
                model {int} NOT NULL REFERENCES registry_model (model),
                number {int} NOT NULL,
                alias {text},
                approved {int} NOT NULL,
                actor {text} NOT NULL,
                reason {text},
                given {int} NOT NULL,
                idempotency_key {text} UNIQUE
            ) {table};
            CREATE INDEX registry_approval_version ON registry_approval (model, number, approval);
            """),
    ]);
}
