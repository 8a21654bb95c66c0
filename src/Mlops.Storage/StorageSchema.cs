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
                hash {blob} NOT NULL REFERENCES mlops_artifact (hash),
                owner {text} NOT NULL,
                PRIMARY KEY (hash, owner)
            ) {keyed};

            CREATE TABLE mlops_artifact_pin (
                hash {blob} NOT NULL REFERENCES mlops_artifact (hash),
                owner {text} NOT NULL,
                until {int} NOT NULL,
                PRIMARY KEY (hash, owner)
            ) {keyed};
            """),
    ]);
}
