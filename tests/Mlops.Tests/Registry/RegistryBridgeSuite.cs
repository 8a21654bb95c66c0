using Mlops.Drift;
using Mlops.Registry;
using Mlops.Serving;
using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.PostgreSql;
using Mlops.Storage.Sqlite;
using Mlops.Tracking;

namespace Mlops.Tests.Registry;

public abstract class RegistryBridgeSuite
{
    private string _folder = "";
    private Database _database = null!;
    private ArtifactCatalog _artifacts = null!;
    private Tracker _tracker = null!;
    private ModelRegistry _registry = null!;

    protected abstract Database Create(string folder);

    [SetUp]
    public void Open()
    {
        _folder = Directory.CreateTempSubdirectory("mlops-registry-bridge-").FullName;
        _database = Create(_folder);
        _artifacts = new ArtifactCatalog(_database, new FileArtifactStore(Path.Combine(_folder, "artifacts")));
        _tracker = new Tracker(_database, _artifacts);
        _registry = new ModelRegistry(_database, _artifacts, new RegistryOptions { Actor = "ann" });
    }

    [TearDown]
    public async Task Close()
    {
        _tracker.Dispose();
        await _registry.DisposeAsync();
        await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task A_folder_is_served_with_its_golden_samples_and_refused_without_its_model()
    {
        byte[] model = Linear(bias: 2), golden = Golden(answer: 2), other = Golden(answer: 3);
        ModelVersion good = await RegisterFolderAsync(("model.onnx", model), ("golden.json", golden));
        ModelVersion wrong = await RegisterFolderAsync(("model.onnx", model), ("golden.json", other));
        ModelVersion empty = await RegisterFolderAsync(("notes.txt", golden));
        await _registry.SetAliasAsync("m", "champion", good.Number, Expected.None);
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new Mlops.Serving.OnnxRuntime.OnnxModelRuntime() }
            .AddModel("m", m => m.FromSource(new RegistryModelSource(_registry, "m@champion"))));
        await server.StartAsync();

        Assert.That((await server.GetPredictor<ReadOnlyMemory<float>, float>("m").PredictAsync(new float[1])).Value, Is.EqualTo(2f));
        await _registry.SetAliasAsync("m", "champion", wrong.Number, good.Number);
        Assert.That(async () => await server.Get("m").ReloadAsync(), Throws.InstanceOf<ModelLoadException>().With.Property("Reason").EqualTo(ModelLoadFailure.GoldenSampleMismatch));
        await _registry.SetAliasAsync("m", "champion", empty.Number, wrong.Number);
        Assert.That(async () => await server.Get("m").ReloadAsync(), Throws.InstanceOf<ModelLoadException>().With.Message.Contains("without 'model.onnx'"));
        Assert.That(server.Get("m").Version!.Number, Is.EqualTo(good.Number));

        async Task<ModelVersion> RegisterFolderAsync(params (string Name, byte[] Content)[] files)
        {
            List<ModelFile> uploaded = [];
            List<ArtifactUpload> uploads = [];
            foreach ((string name, byte[] content) in files)
            {
                ArtifactUpload upload = await _artifacts.UploadAsync(new MemoryStream(content));
                uploads.Add(upload);
                uploaded.Add(new ModelFile(name, upload.Artifact.Hash, upload.Artifact.Length));
            }

            ModelVersion version = await _registry.RegisterFilesAsync("m", uploaded);
            foreach (ArtifactUpload upload in uploads)
                await upload.DisposeAsync();
            return version;
        }

        static byte[] Linear(double bias)
        {
            using var stream = new MemoryStream();
            Mlops.Onnx.OnnxLinearRegression.Write(stream, [1], bias);
            return stream.ToArray();
        }

        static byte[] Golden(double answer) => System.Text.Encoding.UTF8.GetBytes(
            $$"""
            { "inputs": [ { "name": "features", "datatype": "FP32", "shape": [1, 1], "data": [0] } ],
              "outputs": [ { "name": "prediction", "datatype": "FP32", "shape": [1, 1], "data": [{{answer}}] } ] }
            """);
    }

    [TestCase(0.5, GateVerdict.Passed, "0.5 is at most 0.5")]
    [TestCase(0.6, GateVerdict.Failed, "0.6 is not at most 0.5")]
    [TestCase(double.NaN, GateVerdict.Undecided, "the run of version 1 has no 'mae' but NaN")]
    [TestCase(null, GateVerdict.Undecided, "the run of version 1 has no 'mae'")]
    public async Task A_metric_of_the_candidates_run_decides_and_is_stored(double? mae, GateVerdict verdict, string reason)
    {
        ModelVersion version = await RegisterAsync(mae);
        GateOutcome gate = await JudgeAsync(version, RunMetricGate.AtMost(_tracker, "mae", 0.5));

        Assert.That((gate.Name, gate.Verdict, gate.Reason), Is.EqualTo(("run:mae", verdict, reason)));
        Assert.That(gate.Facts, Is.EquivalentTo(new Dictionary<string, string> { ["run"] = version.RunId! }));
        Assert.That(gate.Numbers["limit"], Is.EqualTo(0.5));
        Assert.That(gate.Numbers.GetValueOrDefault("value", -1), Is.EqualTo(verdict == GateVerdict.Undecided ? -1 : mae));
    }

    [TestCase(1.0, 0.0, true)]
    [TestCase(1.01, 0.0, false)]
    [TestCase(1.01, 0.02, true)]
    [TestCase(0.99, -0.02, false)]
    [TestCase(0.97, -0.02, true)]
    public async Task A_candidate_is_compared_with_the_run_of_the_current_version(double mae, double margin, bool passes)
    {
        ModelVersion current = await RegisterAsync(1.0);
        await _registry.SetAliasAsync("m", "champion", current.Number, Expected.None);
        ModelVersion candidate = await RegisterAsync(mae);
        GateOutcome less = await JudgeAsync(candidate, RunMetricGate.AtMostCurrent(_tracker, "mae", margin), current.Number);
        GateOutcome more = await JudgeAsync(await RegisterAsync(2 - mae), RunMetricGate.AtLeastCurrent(_tracker, "mae", margin), current.Number);

        Assert.That((less.Passed, more.Passed), Is.EqualTo((passes, passes)));
        Assert.That(less.Numbers, Is.EquivalentTo(new Dictionary<string, double> { ["value"] = mae, ["current"] = 1, ["margin"] = margin }));
        Assert.That(less.Facts, Is.EquivalentTo(new Dictionary<string, string> { ["run"] = candidate.RunId!, ["currentRun"] = current.RunId! }));
    }

    [Test]
    public async Task What_cannot_be_compared_does_not_pass_unless_there_is_no_rival()
    {
        ModelVersion without = await _registry.RegisterAsync("m", new MemoryStream([1]), new() { Format = ModelFormat.Other });
        ModelVersion elsewhere = await _registry.RegisterAsync("m", new MemoryStream([1]), new() { Format = ModelFormat.Other, RunId = new string('a', 32) });
        ModelVersion good = await RegisterAsync(1.0);
        Assert.That((await JudgeAsync(without, RunMetricGate.AtLeast(_tracker, "mae", 0))).Reason, Is.EqualTo("version 1 comes from no run"));
        Assert.That((await JudgeAsync(elsewhere, RunMetricGate.AtLeast(_tracker, "mae", 0))).Reason, Is.EqualTo("the run of version 2 is not found"));
        await _tracker.DeleteRunAsync(good.RunId!);
        Assert.That((await JudgeAsync(good, RunMetricGate.AtLeast(_tracker, "mae", 0))).Reason, Is.EqualTo("the run of version 3 is deleted"));
        Assert.That((await JudgeAsync(without, RunMetricGate.AtMostCurrent(_tracker, "mae"))).Passed, Is.True);
        Assert.That(() => RunMetricGate.AtMost(_tracker, "mae", double.NaN), Throws.ArgumentException);
    }

    [Test]
    public async Task A_report_of_drift_stops_the_candidate_and_is_remembered_by_names_alone()
    {
        ModelVersion version = await RegisterAsync(1.0);
        DriftSchema<(double X, double Y)> schema = DriftSchema.For<(double X, double Y)>(static s => s.Numeric(static r => r.X, "steady").Numeric(static r => r.Y, "moving"));
        ReferenceProfile profile = ReferenceProfile.Build(schema, Enumerable.Range(0, 2_000).Select(static i => ((double)(i * 7919 % 1000), (double)(i * 104729 % 1000))));
        DriftReport moved = DriftReport.Compare(profile, Enumerable.Range(0, 2_000).Select(static i => ((double)(i * 7919 % 1000), 471_100d + (i * 104729 % 1000))));
        DriftReport same = DriftReport.Compare(profile, Enumerable.Range(0, 2_000).Select(static i => ((double)(i * 7907 % 1000), (double)(i * 104723 % 1000))));
        GateOutcome failed = await JudgeAsync(version, DriftGate.NoDrift(moved));
        GateOutcome passed = await JudgeAsync(version, DriftGate.NoDrift(same));

        Assert.That((failed.Verdict, failed.Reason), Is.EqualTo((GateVerdict.Failed, "1 of 2 columns drift")));
        Assert.That((failed.Facts["verdict"], failed.Facts["worst"]), Is.EqualTo(("drift", "moving")));
        Assert.That((failed.Numbers["drifting"], failed.Numbers["features"], failed.Numbers["rows"]), Is.EqualTo((1d, 2d, 2_000d)));
        Assert.That(string.Concat(failed.Facts.Values) + failed.Reason, Does.Not.Contain("471"));
        Assert.That((same.Verdict, passed.Verdict), Is.EqualTo((DriftVerdict.NoDrift, GateVerdict.Passed)));
    }

    [Test]
    public async Task A_monitor_that_has_not_evaluated_is_undecided()
    {
        DriftSchema<double> schema = DriftSchema.For<double>(static s => s.Numeric(static r => r, "x"));
        using var monitor = new DriftMonitor("rides", schema);
        GateOutcome gate = await JudgeAsync(await RegisterAsync(1.0), DriftGate.NoDrift(monitor));

        Assert.That((gate.Name, gate.Verdict), Is.EqualTo(("drift:rides", GateVerdict.Undecided)));
        await monitor.EvaluateAsync();
        Assert.That((await JudgeAsync(await RegisterAsync(1.0), DriftGate.NoDrift(monitor))).Verdict, Is.EqualTo(GateVerdict.Undecided));
    }

    [Test]
    public async Task Data_code_run_decision_and_approvals_stand_behind_an_alias()
    {
        RunRecord parent = await _tracker.CreateRunAsync("rides");
        RunRecord run = await _tracker.CreateRunAsync("rides", new() { ParentId = parent.Id });
        await _tracker.LogAsync(run.Id, new RunLog
        {
            Tags = new Dictionary<string, string> { [RunTags.GitCommit] = "abc123" },
            Datasets = [new DatasetInput("rides", "d1") { Context = "train" }],
        });
        await _registry.RegisterAsync("m", new MemoryStream([1]), new() { Format = ModelFormat.Other, RunId = run.Id });
        await _registry.ApproveAsync("m", 1, new() { Actor = "bob" });
        PromotionDecision decision = await _registry.PromoteAsync("m", 1, [PromotionGate.Approved()]);

        ModelTrace trace = await _registry.TraceAsync("m@champion", _tracker);
        Assert.Multiple(() =>
        {
            Assert.That((trace.Version.Number, trace.Run?.Id, trace.ParentRun?.Id, trace.Commit), Is.EqualTo((1, run.Id, parent.Id, "abc123")));
            Assert.That(trace.Datasets.Select(static data => (data.Name, data.Digest, data.Context)), Is.EqualTo(new[] { ("rides", "d1", "train") }));
            Assert.That((trace.Change?.Sequence, trace.Decision?.Id, trace.Decision?.Gates[0].Facts.Keys.Single()), Is.EqualTo((1L, decision.Id, "bob")));
            Assert.That(trace.Approvals.Single().Actor, Is.EqualTo("bob"));
        });

        ModelVersion second = await RegisterAsync(1.0);
        await _registry.SetAliasAsync("m", "champion", second.Number, 1);
        Assert.That((await _registry.TraceAsync("m@champion", _tracker)).Decision, Is.Null);
        await _registry.RollbackAsync("m", "champion");
        ModelTrace back = await _registry.TraceAsync("m@champion", _tracker);
        Assert.That((back.Version.Number, back.Change?.Sequence, back.Decision?.Id), Is.EqualTo((1, 3L, decision.Id)));
        ModelTrace byNumber = await _registry.TraceAsync("m/1", _tracker);
        Assert.That((byNumber.Change, byNumber.Decision, byNumber.Run?.Id), Is.EqualTo(((AliasChange?)null, (PromotionDecision?)null, run.Id)));
        Assert.That(async () => await _registry.TraceAsync("m@none", _tracker), Throws.TypeOf<AliasNotFoundException>());
        Assert.That(async () => await _registry.TraceAsync("none@a", _tracker), Throws.TypeOf<ModelNotFoundException>());
    }

    [Test]
    public async Task A_folder_or_an_address_is_not_served_and_the_refusal_says_so()
    {
        await _registry.RegisterReferenceAsync("m", "s3://bucket/model");
        ModelLoadException refused = (await Assert.ThrowsAsync<ModelLoadException>(
            async () => await new RegistryModelSource(_registry, "m/1").LoadAsync("served", 1_000)))!;

        Assert.That(refused.Reason, Is.EqualTo(ModelLoadFailure.Unsupported));
        Assert.That(refused.Message, Does.Contain("Reference"));
    }

    private async Task<ModelVersion> RegisterAsync(double? mae)
    {
        RunRecord run = await _tracker.CreateRunAsync("rides");
        if (mae is { } value)
        {
            await _tracker.LogAsync(run.Id, new RunLog { Metrics = [new Metric("mae", value, 0)] });
        }

        return await _registry.RegisterAsync("m", new MemoryStream([1]), new() { Format = ModelFormat.Other, RunId = run.Id });
    }

    /// <summary>What the gate said, as it is read back from the stored decision; the alias is put back.</summary>
    private async Task<GateOutcome> JudgeAsync(ModelVersion candidate, IPromotionGate gate, int? current = null)
    {
        PromotionDecision decision = await _registry.PromoteAsync(candidate, [gate]);
        if (decision.Accepted && current is { } before)
        {
            await _registry.SetAliasAsync("m", "champion", before, Expected.Any);
        }
        else if (decision.Accepted)
        {
            await _registry.RemoveAliasAsync("m", "champion", Expected.Any);
        }

        return (await _registry.FindDecisionAsync(decision.Id))!.Gates.Single();
    }
}

public sealed class SqliteRegistryBridgeTests : RegistryBridgeSuite
{
    protected override Database Create(string folder) => new SqliteDatabase($"Data Source={Path.Combine(folder, "mlops.db")}");
}

public sealed class PostgreSqlRegistryBridgeTests : RegistryBridgeSuite
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder));
}
