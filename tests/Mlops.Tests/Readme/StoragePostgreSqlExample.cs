// readme: begin
using Mlops.Storage.PostgreSql;
// readme: end
using Mlops.Storage.Conformance;

namespace Mlops.Tests.Readme.StoragePostgreSql;

/// <summary>The first example of Mlops.Storage.PostgreSql.</summary>
[TestFixture]
public sealed class StoragePostgreSqlExample : ReadmeExample
{
    [Test]
    public async Task It_prints_what_the_readme_shows()
    {
        Environment.SetEnvironmentVariable("MLOPS_STORAGE", PostgreSqlServer.CreateDatabase());

        // readme: begin
        string connectionString = Environment.GetEnvironmentVariable("MLOPS_STORAGE") ?? "Host=localhost;Username=mlops;Database=mlops";
        await using var database = new PostgreSqlDatabase(connectionString);
        List<int> answers = await database.QueryAsync("SELECT 6 * 7", static row => row.GetInt32(0), CancellationToken.None);
        Console.WriteLine($"{answers[0]} from {database.Dialect.Name}");
        // readme: end

        AssertShownIn("src/Mlops.Storage.PostgreSql/README.md");
    }
}
