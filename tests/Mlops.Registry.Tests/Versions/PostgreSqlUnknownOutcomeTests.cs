using Mlops.Storage;

namespace Mlops.Registry.Tests.Versions;

/// <summary>The connection breaks while the server works on the COMMIT of a registration.</summary>
[TestFixture]
public sealed class PostgreSqlUnknownOutcomeTests : RegistrySuite
{
    protected override Database Create(string folder) => PostgreSql.Create(folder);

    [Test]
    public async Task A_registration_whose_COMMIT_was_not_answered_says_so_and_is_repeated_under_its_key()
    {
        await RegisterAsync(1);
        await ExecuteAsync(
            """
            CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER deadly AFTER INSERT ON registry_version DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die();
            """);
        StorageException? failure = await Assert.ThrowsAsync<StorageException>(() => Registry.RegisterAsync("m", Content("2"), Other("k")));
        Assert.That(failure!.OutcomeUnknown, Is.True);

        await ExecuteAsync("DROP TRIGGER deadly ON registry_version");
        ModelVersion version = await Registry.RegisterAsync("m", Content("2"), Other("k"));
        ModelVersion again = await Registry.RegisterAsync("m", Content("2"), Other("k"));

        Assert.That((version.Number, again.Number), Is.EqualTo((2, 2)));
        Assert.That((await Registry.ListVersionsAsync("m")).Select(static listed => listed.Number), Is.EqualTo(new[] { 2, 1 }));
        Assert.That(await Registry.ReadAsync(version), Is.EqualTo("2"u8.ToArray()));
    }

    private Task<int> ExecuteAsync(string sql) => Database.WriteAsync(sql, static (session, sql) => session.Execute(sql));
}
