namespace Mlops.Storage.PostgreSql.Tests;

[TestFixture]
public sealed class PostgreSqlBadInputTests
{
    [Test]
    public void A_connection_string_without_a_host_is_refused() =>
        Assert.That(() => new PostgreSqlDatabase("Username=mlops"), Throws.ArgumentException);

    [TestCase("nonsense")]
    [TestCase("Host=localhost;Bogus=1;Password=canary")]
    public void A_connection_string_that_does_not_parse_is_refused_with_an_example_and_without_its_text(string connectionString) => Assert.That(
        () => new PostgreSqlDatabase(connectionString),
        Throws.ArgumentException.With.Message.Contains("Host=localhost;Username=mlops").And.Message.Not.Contains("canary").And.Message.Not.Contains("nonsense"));

    [Test]
    public async Task An_unreachable_server_is_named_without_the_password()
    {
        await using var database = new PostgreSqlDatabase("Host=127.0.0.1;Port=1;Username=u;Password=canary;Database=d;Timeout=2");

        Assert.That(
            async () => await database.OpenAsync(),
            Throws.TypeOf<StorageException>().With.Message.Contains("127.0.0.1:1").And.Message.Not.Contains("canary").And.Property(nameof(StorageException.IsTransient)).True);
    }
}
