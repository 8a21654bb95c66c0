// readme: begin
using Mlops.Storage;
using Mlops.Storage.Sqlite;
// readme: end

namespace Mlops.Tests.Readme.StorageSqlite;

/// <summary>The first example of Mlops.Storage.Sqlite.</summary>
[TestFixture]
public sealed class StorageSqliteExample : ReadmeExample
{
    [Test]
    public async Task It_prints_what_the_readme_shows()
    {
        // readme: begin
        await using var database = new SqliteDatabase("Data Source=mlops.db");
        await database.WriteAsync(
            "hello",
            static (session, text) => session.Execute("CREATE TABLE note AS SELECT @text AS text", ("@text", text)),
            Durability.Power);
        List<string> notes = await database.QueryAsync("SELECT text FROM note", static row => row.GetString(0), CancellationToken.None);
        Console.WriteLine(string.Join(", ", notes));
        // readme: end

        AssertShownIn("src/Mlops.Storage.Sqlite/README.md");
    }
}
