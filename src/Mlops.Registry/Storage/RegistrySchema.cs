using Mlops.Storage;

namespace Mlops.Registry;

internal static class RegistrySchema
{
    public static readonly MigrationSet Migrations = new("registry",
    [
        new Migration(1, """
            CREATE TABLE registry_model (
                id {identity},
                name {text} NOT NULL UNIQUE,
                last_version {int} NOT NULL,
                created_at {int} NOT NULL
            ) {table};

            CREATE TABLE registry_version (
                model_id {int} NOT NULL REFERENCES registry_model (id),
                number {int} NOT NULL,
                hash {blob} NOT NULL,
                length {int} NOT NULL,
                format {int} NOT NULL,
                registered_at {int} NOT NULL,
                run_id {text},
                description {text},
                idempotency_key {text},
                PRIMARY KEY (model_id, number)
            ) {keyed};

            CREATE UNIQUE INDEX registry_version_key ON registry_version (model_id, idempotency_key);

            CREATE TABLE registry_decision (
                id {identity},
                model_id {int} NOT NULL REFERENCES registry_model (id),
                alias {text} NOT NULL,
                candidate {int} NOT NULL,
                previous {int},
                accepted {int} NOT NULL,
                decided_at {int} NOT NULL,
                evidence {text} NOT NULL,
                idempotency_key {text}
            ) {table};

            CREATE UNIQUE INDEX registry_decision_key ON registry_decision (model_id, idempotency_key);

            CREATE TABLE registry_alias (
                model_id {int} NOT NULL REFERENCES registry_model (id),
                alias {text} NOT NULL,
                number {int} NOT NULL,
                sequence {int} NOT NULL,
                PRIMARY KEY (model_id, alias)
            ) {keyed};

            CREATE TABLE registry_alias_change (
                model_id {int} NOT NULL REFERENCES registry_model (id),
                alias {text} NOT NULL,
                sequence {int} NOT NULL,
                number {int} NOT NULL,
                changed_at {int} NOT NULL,
                actor {text},
                reason {text},
                decision_id {int},
                idempotency_key {text},
                PRIMARY KEY (model_id, alias, sequence)
            ) {keyed};

            CREATE UNIQUE INDEX registry_alias_change_key ON registry_alias_change (model_id, alias, idempotency_key);
            """),
    ]);
}
