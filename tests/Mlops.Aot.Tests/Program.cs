using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Mlops.Aot.Tests;
using Mlops.Onnx;
using Mlops.Orchestration;
using Mlops.Serving;
using Mlops.Serving.OnnxRuntime;
using Mlops.Statistics;
using Mlops.Storage;
using Mlops.Storage.AzureBlobs;
using Mlops.Storage.S3;
using Mlops.Storage.Sqlite;

// Published twice, for the baseline and for x86-64-v3 instruction sets: the behaviour below must hold in both, and the line of bits be the same.
int failures = 0;
Console.WriteLine($"vector bits: {VectorWidth.Bits}");
Console.WriteLine($"kernel bits: {KernelBits()}");
await CheckAsync("storage round trip", StorageAsync);
await CheckAsync("object stores that nobody answers", ObjectStoresAsync);
await CheckAsync("serving a linear model", ServingAsync);
await CheckAsync("a pipeline with a fan-out and a decision", PipelineAsync);
await CheckAsync("a cache that cannot know its code", static () => Task.FromResult(CacheIsRefused()));
await CheckAsync("the family in one host", static () => InFolderAsync(static folder => new FamilyInOneHost(folder).RunAsync()));
await CheckAsync("the MLflow API", static () => InFolderAsync(MlflowApi.RunAsync));
await CheckAsync("the inference API", static () => InFolderAsync(InferenceApi.RunAsync));
await CheckAsync("the inference API over gRPC", static () => InFolderAsync(GrpcApi.RunAsync));
return failures == 0 ? 0 : 1;

static string KernelBits()
{
    double[] values = new double[10_007];
    ulong state = 42;
    for (int i = 0; i < values.Length; i++)
    {
        state = (state * 6_364_136_223_846_793_005UL) + 1_442_695_040_888_963_407UL;
        values[i] = ((state >> 11) * (1.0 / (1UL << 53))) - 0.3;
    }

    Moments moments = Moments.Of(values);
    var histogram = new Histogram(BinEdges.FromQuantiles(values, 24));
    histogram.Add(values);
    TwoSampleResult test = KolmogorovSmirnov.Test(values.AsSpan(0, 3_000), values.AsSpan(5_000));
    double[] results = [moments.Mean ?? 0, moments.M2, moments.M3, moments.M4, test.Statistic ?? 0, test.PValue ?? 0, .. histogram.Counts.ToArray().Select(static count => (double)count)];
    return XxHash3.HashToUInt64(MemoryMarshal.AsBytes<double>(results)).ToString("x16", CultureInfo.InvariantCulture);
}

static Task<bool> StorageAsync() => InFolderAsync(static async folder =>
{
    await using var database = new SqliteDatabase($"Data Source={Path.Combine(folder, "test.db")}");
    var leases = new LeaseTable(database);
    Lease? first = await leases.TryAcquireAsync("aot", "me", TimeSpan.FromMinutes(1));
    Lease? second = await leases.TryAcquireAsync("aot", "you", TimeSpan.FromMinutes(1));

    // By name: the table also holds the lease by which this process shows that it is there.
    List<string> owners = await database.QueryAsync("SELECT owner FROM mlops_lease WHERE name = 'aot'", static row => row.GetString(0), CancellationToken.None);
    return first is not null && second is null && owners is ["me"];
});

// Through both clients, down to a port where nobody listens.
static async Task<bool> ObjectStoresAsync()
{
    Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", "nobody");
    Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", "nothing");
    using var s3 = new S3ArtifactStore(new S3ArtifactOptions { Bucket = "bucket", ServiceUrl = new Uri("http://127.0.0.1:1"), AllowHttp = true, ForcePathStyle = true });
    var azure = new AzureBlobArtifactStore(
        "DefaultEndpointsProtocol=http;AccountName=nobody;AccountKey=bm90aGluZw==;BlobEndpoint=http://127.0.0.1:1/nobody", "container", new AzureBlobArtifactOptions { AllowHttp = true });
    foreach (ObjectArtifactStore store in new ObjectArtifactStore[] { s3, azure })
    {
        try
        {
            await store.ExistsAsync(ContentHash.Of([]));
            return false;
        }
        catch (StorageException exception) when (exception.IsTransient)
        {
            // As it should be.
        }
    }

    return true;
}

static Task<bool> PipelineAsync() => InFolderAsync(static async folder =>
{
    await using var database = new SqliteDatabase($"Data Source={Path.Combine(folder, "test.db")}");
    var pipelines = new Pipelines(database, [new Squares()]);
    await using var worker = new PipelineWorker(pipelines);
    worker.Start();
    PipelineRun run = await pipelines.StartAsync<Squares, int>(10);
    run = await pipelines.WaitAsync(run.Id);
    return run.State == PipelineRunState.Succeeded && await run.GetResultAsync<int>("large") == 285;
});

// There are no module version ids to tell one build's code from the next by.
static bool CacheIsRefused()
{
    PipelineGraph.Of(new Cached("1"));
    try
    {
        PipelineGraph.Of(new Cached(null));
        return false;
    }
    catch (PipelineDefinitionException exception)
    {
        return exception.Message.Contains("'a' needs a Version", StringComparison.Ordinal);
    }
}

static async Task<bool> ServingAsync()
{
    string path = Path.GetTempFileName();
    try
    {
        await using (FileStream file = File.Create(path))
        {
            OnnxLinearRegression.Write(file, [2.0, -1.0], 0.5, "features", "prediction", ["a", "b"]);
        }

        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new OnnxModelRuntime() }
            .AddModel("linear", model => model.FromFile(path)));
        await server.StartAsync();
        IPredictor<ReadOnlyMemory<float>, float> predictor = server.GetPredictor<ReadOnlyMemory<float>, float>("linear");
        Prediction<float> prediction = await predictor.PredictAsync(new float[] { 3, 4 });
        return prediction.Value == 2.5f;
    }
    finally
    {
        File.Delete(path);
    }
}

static async Task<bool> InFolderAsync(Func<string, Task<bool>> check)
{
    string folder = Directory.CreateTempSubdirectory("mlops-aot").FullName;
    try
    {
        return await check(folder);
    }
    finally
    {
        Directory.Delete(folder, recursive: true);
    }
}

async Task CheckAsync(string name, Func<Task<bool>> check)
{
    bool passed = false;
    try
    {
        passed = await check();
    }
    catch (Exception exception)
    {
        Console.WriteLine(exception);
    }

    Console.WriteLine($"{(passed ? "passed" : "FAILED")}: {name}");
    failures += passed ? 0 : 1;
}

internal sealed class Cached(string? version) : IPipelineDefinition<int>
{
    public void Define(PipelineBuilder<int> p) => p.Step("a", static ctx => Task.FromResult(ctx.Parameters)).WithCache(new CachePolicy { Version = version });
}

internal sealed class Squares : IPipelineDefinition<int>
{
    public void Define(PipelineBuilder<int> p)
    {
        Step<int> count = p.Step("count", static ctx => Task.FromResult(ctx.Parameters));
        Steps<int> squares = p.ForEach("square", count, static n => Enumerable.Range(0, n), static i => $"{i}", static (i, _) => Task.FromResult(i * i));
        Step<int> sum = p.Step("sum", squares, static (all, _) => Task.FromResult(all.Sum()));
        p.When(sum, static x => x > 100).Then(b => b.Step("large", sum, static (x, _) => Task.FromResult(x)));
    }
}
