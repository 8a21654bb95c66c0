namespace Mlops.Storage;

/// <summary>The tables that every feature shares.</summary>
internal static class StorageSchema
{
    public const string Feature = "storage";

    public static readonly MigrationSet Migrations = new(Feature,
    [
        new Migration(1, """
            CREATE TABLE mlops_lease (
                name {text} NOT NULL PRIMARY KEY,
                owner {text} NOT NULL,
                epoch {int} NOT NULL,
                until {int} NOT NULL
            ) {keyed};

            CREATE TABLE mlops_artifact (
                hash {blob} NOT NULL PRIMARY KEY,
                length {int} NOT NULL,
                state {int} NOT NULL
            ) {keyed};

            CREATE INDEX mlops_artifact_state ON mlops_artifact (state, hash);

            CREATE TABLE mlops_artifact_reference (
                hash {blob} NOT NULL,
                owner {text} NOT NULL,
                PRIMARY KEY (hash, owner)
            ) {keyed};

            CREATE TABLE mlops_artifact_pin (
                pin {text} NOT NULL PRIMARY KEY,
                hash {blob},
                until {int} NOT NULL
            ) {keyed};

            CREATE INDEX mlops_artifact_pin_hash ON mlops_artifact_pin (hash);

            CREATE TABLE mlops_artifact_turn (
                id {int} NOT NULL PRIMARY KEY,
                turn {int} NOT NULL
            ) {keyed};

            INSERT INTO mlops_artifact_turn (id, turn) VALUES (1, 0);
            """),
    ]);
}
