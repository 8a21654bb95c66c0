using Mlops.Storage.Conformance;
using Mlops.Storage.PostgreSql;
using Npgsql;

namespace Mlops.Tuning.Tests;

/// <summary>The connection breaks while the server works on the COMMIT of a tell.</summary>
public sealed class PostgreSqlRetryTests
{
    [Test]
    public async Task A_tell_whose_COMMIT_was_not_answered_is_repeated_and_observed_once()
    {
        string connectionString = PostgreSqlServer.CreateDatabase();
        await using var database = new PostgreSqlDatabase(connectionString);
        var observer = new CountingObserver();
        await using var studies = new Studies(database, observers: [observer]);
        Study study = await studies.OpenAsync("s", Direction.Minimize);
        await BreakTheFirstTellAsync(connectionString);
        int ran = 0;

        StudyProgress progress = await study.OptimizeAsync(
            (_, _) => Task.FromResult<double>(Interlocked.Increment(ref ran)), new() { TotalTrials = 2 });

        Assert.That((progress.Completed, ran), Is.EqualTo((2, 2)));
        Assert.That(observer.Finished, Is.EqualTo(new[] { 0, 1 }));
        Assert.That(
            await database.QueryAsync("SELECT last_value FROM tells", static row => row.GetInt64(0), CancellationToken.None),
            Is.EqualTo(new long[] { 3 }), "no COMMIT was broken");
    }

    private static async Task BreakTheFirstTellAsync(string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("""
            CREATE SEQUENCE tells;
            CREATE FUNCTION die_once() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF nextval('tells') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
                RETURN NULL;
            END $$;
            CREATE CONSTRAINT TRIGGER deadly AFTER UPDATE ON tuning_trial DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW WHEN (NEW.state = 3 AND OLD.state = 1) EXECUTE FUNCTION die_once();
            """, connection);
        await command.ExecuteNonQueryAsync();
    }

    private sealed class CountingObserver : ITrialObserver
    {
        public List<int> Finished { get; } = [];

        public ValueTask OnFinishedAsync(TrialRecord trial, CancellationToken cancellationToken)
        {
            Finished.Add(trial.Number);
            return ValueTask.CompletedTask;
        }
    }
}
