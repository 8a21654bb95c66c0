using Mlops.Orchestration.Testing;
using Mlops.Storage;
using NUnit.Framework.Internal;

namespace Mlops.Orchestration.Tests;

/// <summary>The simulation can fail: a database that breaks one of its promises is found, and the seed that finds it prints its trace.</summary>
[TestFixture]
internal sealed class SimulationFindsTests
{
    [TestCase("a step that was committed is open again", Simulation.DoesNotEnd, "AFTER UPDATE OF state ON orchestration_step WHEN new.state = 3 AND new.attempt = 1 AND new.step_key = 'item[3]'", "UPDATE orchestration_step SET state = 1, worker = NULL WHERE run_id = new.run_id AND step_key = new.step_key")]
    [TestCase("an entry of the log is lost", RunInvariants.LogWhole, "BEFORE INSERT ON orchestration_event WHEN new.kind = 4 AND new.seq > 30", "SELECT raise(IGNORE)")]
    [TestCase("a step waits for one input too few", Simulation.DoesNotEnd, "AFTER INSERT ON orchestration_step WHEN new.pending > 1", "UPDATE orchestration_step SET pending = pending - 1 WHERE run_id = new.run_id AND step_key = new.step_key")]
    [TestCase("a limit is forgotten", RunInvariants.LimitsKept, "AFTER INSERT ON orchestration_step WHEN new.pool <> ''", "UPDATE orchestration_step SET pool = '' WHERE run_id = new.run_id AND step_key = new.step_key")]
    [TestCase("a claim is not kept", Simulation.DoesNotEnd, "AFTER UPDATE OF state ON orchestration_step WHEN new.state = 2 AND new.step_key = 'sum'", "UPDATE orchestration_step SET state = 1 WHERE run_id = new.run_id AND step_key = new.step_key")]
    [TestCase("a kept value is forgotten", SimulationTests.KeptOnce, "AFTER INSERT ON orchestration_memo WHEN new.seq % 3 = 0", "DELETE FROM orchestration_memo WHERE run_id = new.run_id AND step_key = new.step_key AND name = new.name")]
    [TestCase("a result is another one's", "has no result of 'even'", "AFTER UPDATE OF result_seq ON orchestration_step WHEN new.state = 3 AND new.step_key = 'item[4]'", "UPDATE orchestration_step SET result_seq = (SELECT s.result_seq FROM orchestration_step s WHERE s.run_id = new.run_id AND s.step_key = 'first') WHERE run_id = new.run_id AND step_key = new.step_key")]
    public async Task A_database_that_breaks_a_promise_is_found_by_what_it_breaks(string what, string finding, string when, string then)
    {
        using var file = new SqliteFile();
        await using Database database = file.Open();
        await new Pipelines(database, []).ListRunsAsync("none");
        await database.WriteAsync($"CREATE TRIGGER broken {when} BEGIN {then}; END", static (session, sql) => session.Execute(sql), Durability.Process, default);
        using var output = new StringWriter();
        Exception? found = null;

        // What fails in here is not what this test says.
        using (new TestExecutionContext.IsolatedContext())
        {
            try
            {
                await SimulationTests.CheckAsync(database, first: 1, seeds: 12, output);
            }
            catch (Exception exception)
            {
                found = exception;
            }
        }

        Assert.That(found, Is.Not.Null, what);
        Assert.That(found!.Message, Does.Contain(finding), what);
        Assert.That(output.ToString(), Does.StartWith("seed ").And.Contain("claim first#1 by"));
    }
}
