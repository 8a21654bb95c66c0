namespace Mlops.Storage.Sqlite.Tests;

[TestFixture]
public sealed class SqliteBadInputTests
{
    [TestCase("Data Source=:memory:")]
    [TestCase("Data Source=x;Mode=Memory")]
    [TestCase("")]
    public void A_connection_string_without_a_file_is_refused(string connectionString) =>
        Assert.That(() => new SqliteDatabase(connectionString), Throws.ArgumentException);

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
