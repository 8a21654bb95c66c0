namespace Mlops.Storage.PostgreSql.Tests;

[TestFixture]
public sealed class PostgreSqlBadInputTests
{
    [Test]
    public void A_connection_string_without_a_host_is_refused() =>
        Assert.That(() => new PostgreSqlDatabase("Username=mlops"), Throws.ArgumentException);

    [TestCase("canary", "no list of Name=Value")]
    [TestCase("Host=localhost;Password=\"can;ary", "no list of Name=Value")]
    [TestCase("Host=localhost;Bogus=canary", "setting 2 of 2")]
    [TestCase("Host=localhost;Password=x;canary=y;Port=1", "setting 3 of 4")]
    [TestCase("Host=localhost;Port=canary", "'port'")]
    [TestCase("Host=localhost;SSL Mode=canary;Password=canary", "'ssl mode'")]
    [TestCase("Username=canary", "no Host")]
    [TestCase("Host=localhost:canary,other", "Host")]
    [TestCase("Host=localhost;Minimum Pool Size=9;Maximum Pool Size=8;Password=canary", "pool sizes")]
    public void What_is_wrong_with_a_connection_string_is_said_without_a_word_of_it(string connectionString, string said)
    {
        ArgumentException? refused = Assert.Throws<ArgumentException>(() => new PostgreSqlDatabase(connectionString));

        Assert.That(refused!.Message, Does.Contain(said).And.Contain("Host=localhost;Username=mlops"));
        Assert.That(refused.ToString(), Does.Not.Contain("canary").And.Not.Contain("bogus").IgnoreCase, "also not in an inner exception");
    }

    [Test]
    public async Task An_unreachable_server_is_named_without_the_password()
    {
        await using var database = new PostgreSqlDatabase("Host=127.0.0.1;Port=1;Username=u;Password=canary;Database=d;Timeout=2");

        Assert.That(
            async () => await database.OpenAsync(),
            Throws.TypeOf<StorageException>().With.Message.Contains("127.0.0.1:1").And.Message.Not.Contains("canary").And.Property(nameof(StorageException.IsTransient)).True);
    }
}
