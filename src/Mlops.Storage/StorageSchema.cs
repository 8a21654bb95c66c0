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
            """),
    ]);
}
