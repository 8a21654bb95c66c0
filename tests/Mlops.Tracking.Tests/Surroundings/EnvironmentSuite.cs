using System.Reflection;
using System.Runtime.InteropServices;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Surroundings;

/// <summary>What a run remembers of its process.</summary>
public abstract class EnvironmentSuite : TrackingSuite
{
    [Test]
    public async Task A_run_knows_the_code_and_the_machine_it_ran_on()
    {
        string id = await Tracker.TrackAsync("e", static (run, _) => Task.FromResult(run.Id));

        RunEnvironment environment = (await Tracker.FindEnvironmentAsync(id))!;
        Assembly tracking = typeof(Tracker).Assembly;
        LoadedAssembly loaded = environment.Assemblies.Single(static assembly => assembly.Name == "Mlops.Tracking");
        Assert.Multiple(() =>
        {
            Assert.That(loaded.ModuleVersionId, Is.EqualTo(tracking.ManifestModule.ModuleVersionId));
            Assert.That(loaded.Version, Is.EqualTo(tracking.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion));
            Assert.That(environment.Assemblies.Select(static assembly => assembly.Name), Does.Not.Contain("System.Private.CoreLib").And.Not.Contain("System.Runtime"));
            Assert.That(environment.Assemblies.Select(static assembly => assembly.Name), Does.Contain("nunit.framework"));
            Assert.That(environment.EntryAssembly, Is.EqualTo(Assembly.GetEntryAssembly()!.GetName().Name));
            Assert.That((environment.Runtime, environment.OperatingSystem), Is.EqualTo((RuntimeInformation.FrameworkDescription, RuntimeInformation.OSDescription)));
            Assert.That(environment.Architecture, Is.EqualTo(RuntimeInformation.ProcessArchitecture.ToString()));
            Assert.That((environment.ProcessorCount, environment.MemoryBytes), Is.EqualTo((Environment.ProcessorCount, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)));
            Assert.That(environment.CommandLineOptions, Is.Null, "off unless it is asked for");
        });
    }

    [Test]
    public async Task The_document_is_stored_once_for_all_runs_that_share_it()
    {
        string[] ids = new string[3];
        for (int i = 0; i < 2; i++)
        {
            ids[i] = await Tracker.TrackAsync("e", static (run, _) => Task.FromResult(run.Id));
        }

        using Tracker other = OpenTracker(new TrackingOptions());
        ids[2] = await other.TrackAsync("e", static (run, _) => Task.FromResult(run.Id));

        Assert.That(await Task.WhenAll(ids.Select(id => Tracker.FindEnvironmentAsync(id))), Has.All.Not.Null);
        Assert.That(await CountDocumentsAsync(), Is.EqualTo(1));
    }

    [Test]
    public async Task An_open_run_refers_to_it_from_a_later_write_on_and_a_later_run_from_its_start()
    {
        await using Run first = await Tracker.StartRunAsync("e");
        while (await CountDocumentsAsync() == 0)
        {
            await Task.Delay(1);
        }

        while (await Tracker.FindEnvironmentAsync(first.Id) is null)
        {
            await first.LogMetricsAsync([new Metric("m", 1)]);
        }

        Run later = await Tracker.StartRunAsync("e");
        Assert.That(await Tracker.FindEnvironmentAsync(later.Id), Is.Not.Null);
        await later.DisposeAsync();
    }

    [Test]
    public async Task A_run_that_is_continued_keeps_the_surroundings_it_began_in()
    {
        await using Run run = await Tracker.StartRunAsync("e", new() { IdempotencyKey = "k" });
        await Database.WriteAsync(run.Id, static (session, id) =>
        {
            session.Execute("INSERT INTO tracking_environment (hash, document) VALUES (@hash, @document)", ("@hash", new byte[] { 1 }), ("@document", Elsewhere));
            return session.Execute("UPDATE tracking_run SET environment = @hash WHERE id = @id", ("@hash", new byte[] { 1 }), ("@id", id));
        });
        using Tracker other = OpenTracker(new TrackingOptions());
        Run again = await other.StartRunAsync("e", new() { IdempotencyKey = "k" });
        again.Complete();
        await again.DisposeAsync();

        Assert.That((await Tracker.FindEnvironmentAsync(run.Id))!.Runtime, Is.EqualTo("elsewhere"));
    }

    [Test]
    public async Task What_is_switched_off_or_unknown_is_null()
    {
        using Tracker tracker = OpenTracker(new TrackingOptions { CaptureEnvironment = false });
        string id = await tracker.TrackAsync("e", static (run, _) => Task.FromResult(run.Id));

        Assert.That(await Tracker.FindEnvironmentAsync(id), Is.Null);
        Assert.That(await Tracker.FindEnvironmentAsync(new string('0', 32)), Is.Null);
        Assert.That(await CountDocumentsAsync(), Is.Zero);
    }

    [Test]
    public async Task A_seed_is_a_parameter()
    {
        await using Run run = await Tracker.StartRunAsync("e", new() { Seed = long.MinValue });
        await run.FlushAsync();

        Assert.That((await Tracker.GetRunAsync(run.Id)).Parameters, Is.EquivalentTo(new Dictionary<string, string> { ["seed"] = "-9223372036854775808" }));
    }

    private const string Elsewhere =
        """{"assemblies":[],"runtime":"elsewhere","operatingSystem":"","architecture":"","processorCount":1,"memoryBytes":1}""";

    private async Task<long> CountDocumentsAsync() =>
        (await Database.QueryAsync("SELECT COUNT(*) FROM tracking_environment", static row => row.GetInt64(0), CancellationToken.None))[0];
}
