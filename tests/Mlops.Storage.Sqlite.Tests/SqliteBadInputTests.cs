namespace Mlops.Storage.Sqlite.Tests;

[TestFixture]
public sealed class SqliteBadInputTests
{
    [TestCase("Data Source=:memory:")]
    [TestCase("Data Source=x;Mode=Memory")]
    [TestCase("")]
    public void A_connection_string_without_a_file_is_refused(string connectionString) =>
        Assert.That(() => new SqliteDatabase(connectionString), Throws.ArgumentException);

    [TestCase("mlops.db")]
    [TestCase("Data Source=x.db;Bogus=1")]
    [TestCase("Host=localhost;Username=mlops;Password=canary")]
    public void A_connection_string_that_does_not_parse_is_refused_with_an_example_and_not_shown(string connectionString) => Assert.That(
        () => new SqliteDatabase(connectionString), Throws.ArgumentException.With.Message.Contains("Data Source=mlops.db").And.Message.Not.Contains("canary"));

    [Test]
    public void A_read_only_file_is_refused_with_the_reason() => Assert.That(
        () => new SqliteDatabase("Data Source=x.db;Mode=ReadOnly"), Throws.ArgumentException.With.Message.Contains("read-only"));

    [Test]
    public async Task A_closed_database_is_one_file_that_can_be_copied()
    {
        string connection = TemporaryFolder.NewDatabase();
        string path = connection["Data Source=".Length..];
        await using (var database = new SqliteDatabase(connection))
        {
            await database.WriteAsync(0, static (session, _) => session.Execute("CREATE TABLE note AS SELECT 42 AS number"));
            Assert.That(await database.QueryAsync("SELECT number FROM note", static row => row.GetInt32(0), default), Is.EqualTo(new[] { 42 }));
        }

        Assert.That((File.Exists(path + "-wal"), File.Exists(path + "-shm")), Is.EqualTo((false, false)));
        File.Copy(path, path + ".copy");
        await using var copy = new SqliteDatabase(connection + ".copy");
        Assert.That(await copy.QueryAsync("SELECT number FROM note", static row => row.GetInt32(0), default), Is.EqualTo(new[] { 42 }));
    }

    [Test]
    public async Task A_file_that_is_no_database_is_a_named_error_and_stays_as_it_was()
    {
        string path = Path.GetTempFileName();
        string text = string.Concat(Enumerable.Repeat("this is no database ", 1_000));
        await File.WriteAllTextAsync(path, text);
        await using (var database = new SqliteDatabase($"Data Source={path}"))
        {
            Assert.That(async () => await database.OpenAsync(), Throws.InstanceOf<StorageException>().With.Message.Contains(path));
        }

        Assert.That(await File.ReadAllTextAsync(path), Is.EqualTo(text));
        File.Delete(path);
    }

    [Test]
    public async Task A_missing_folder_is_a_named_error()
    {
        await using var database = new SqliteDatabase("Data Source=/nonexistent/folder/x.db");

        Assert.That(async () => await database.OpenAsync(), Throws.InstanceOf<StorageException>().With.Message.Contains("/nonexistent/folder/x.db"));
    }
}
