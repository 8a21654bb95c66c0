using System.Text;
using Mlops.Onnx;

namespace Mlops.Serving.OnnxRuntime.Tests;

/// <summary>What a version must show before it serves.</summary>
public sealed class LoadingTests
{
    private string _root = "";

    [SetUp]
    public void CreateFolder() => _root = Directory.CreateTempSubdirectory("mlops-folder-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_root, recursive: true);

    [Test]
    public async Task A_folder_of_every_reference_model_serves_with_its_golden_samples()
    {
        await using ModelServer server = await StartAsync(Reference.Path(""));

        Assert.That(server.Folder!.Entries.Where(entry => entry.State != ModelState.Ready), Is.Empty);
        Assert.That(server.Models, Has.Count.EqualTo(25));
        Assert.That(server.Get("digits").Versions.Select(version => version.Number), Is.EqualTo(new[] { 2, 1 }));
        foreach (string name in (string[])["digits", "digits_cnn", "breast_cancer_logreg", "breast_cancer_mlp", "breast_cancer_gbdt", "diabetes_mlp", "diabetes_gbdt", "simple", "accumulator"])
            Assert.That(server.Get(name).Version!.CannotBatch, Is.Null, name);
        Assert.That(server.Get("busy").Version!.CannotBatch, Does.Contain("trips"));
        Assert.That(server.Get("simple_string").Version!.CannotBatch, Does.Contain("text"));
    }

    [Test]
    public async Task A_version_that_misses_its_golden_samples_is_refused_and_the_one_before_serves()
    {
        Put("digits", 1, Reference.Bytes("digits/2/model.onnx"));
        Put("digits", 2, Reference.Bytes("digits/1/model.onnx"), ("golden.json", Reference.Bytes("digits/2/reference.json")));
        await using ModelServer server = await StartAsync(_root);

        Assert.That(server.Get("digits").Version!.Number, Is.EqualTo(1));
        Assert.That(server.Folder!.Entries[1].Reason, Does.Contain("GoldenSampleMismatch").And.Contain("differs by"));
    }

    [TestCase("not json", "cannot be read")]
    [TestCase("""{ "inputs": [] }""", "cannot be read")]
    [TestCase("""{ "inputs": [], "outputs": [] }""", "have no outputs")]
    [TestCase("""{ "inputs": [ { "name": "input", "datatype": "FP32", "shape": [1, 9], "data": [0,0,0,0,0,0,0,0,0] } ], "outputs": [ { "name": "prediction", "datatype": "FP32", "shape": [1, 1], "data": [0] } ] }""", "shape [1,9]")]
    [TestCase("""{ "inputs": [ { "name": "input", "datatype": "FP32", "shape": [1, 10], "data": [0,0] } ], "outputs": [] }""", "2 elements")]
    [TestCase("""{ "inputs": [ { "name": "input", "datatype": "FP32", "shape": [1, 10], "data": [[0,0,0,0,0,0,0,0,0,0]] } ], "outputs": [ { "name": "score", "datatype": "FP32", "shape": [1, 1], "data": [0] } ] }""", "'score'")]
    [TestCase("""{ "inputs": [ { "name": "input", "datatype": "FP32", "shape": [1, 10], "data": [[0,0,0,0,0,0,0,0,0,0]] } ], "outputs": [ { "name": "prediction", "datatype": "FP32", "shape": [1, 1], "data": [[1e9]] } ] }""", "differs by")]
    public void Golden_samples_that_do_not_fit_are_named(string golden, string named)
    {
        Put("m", 1, Reference.Bytes("diabetes_mlp/1/model.onnx"), ("golden.json", Encoding.UTF8.GetBytes(golden)));

        Assert.That(async () => await LoadAsync("m"), Throws.InstanceOf<ModelLoadException>()
            .With.Property("Reason").EqualTo(ModelLoadFailure.GoldenSampleMismatch).And.Message.Contains(named));
    }

    [Test]
    public async Task Golden_samples_may_be_named_by_the_options()
    {
        void Configure(ModelOptions options) => options.GoldenSamples = Reference.Path("digits/2/reference.json");
        await (await TensorServer.StartAsync("digits/2", Configure)).DisposeAsync();

        ModelLoadException failure = (await Assert.ThrowsAsync<ModelLoadException>(() => TensorServer.StartAsync("digits/1", Configure)))!;

        Assert.That(failure.Reason, Is.EqualTo(ModelLoadFailure.GoldenSampleMismatch));
    }

    [Test]
    public async Task A_model_whose_rows_depend_on_each_other_is_not_batched()
    {
        byte[] axes = Proto.Message((1, "axes"), (8, 0), (20, 7));
        byte[] model = Proto.Model(
            [Proto.Node("ReduceMean", ["x"], ["mean"], axes), Proto.Node("Sub", ["x", "mean"], ["y"])],
            [Proto.Value("x", OnnxElementType.Float32, "batch", 3)], [Proto.Value("y", OnnxElementType.Float32, "batch", 3)]);
        await using ModelServer server = await TensorServer.StartAsync(model);

        Assert.That(server.Get("m").Version!.CannotBatch, Does.Contain("alone and the same row among others"));
    }

    [Test]
    public async Task A_model_that_fails_on_several_rows_serves_one_at_a_time()
    {
        byte[] one = Proto.Message((1, 2), (2, (int)OnnxElementType.Int64), (8, "shape"), (7, 1), (7, 3));
        byte[] model = Proto.Model(
            [Proto.Node("Reshape", ["x", "shape"], ["y"])],
            [Proto.Value("x", OnnxElementType.Float32, "batch", 3)], [Proto.Value("y", OnnxElementType.Float32, "batch", 3)], one);
        await using ModelServer server = await TensorServer.StartAsync(model);

        Assert.That(server.Get("m").Version!.CannotBatch, Does.Contain("a run of 2 rows failed"));
        using TensorResponse response = await server.Get("m").InferAsync(new TensorRequest().AddInput("x", [1, 3], [1, 2, 3]));
        Assert.That(response["y"].Get<float>().ToArray(), Is.EqualTo(new[] { 1f, 2, 3 }));
    }

    [Test]
    public async Task Memory_beyond_the_bound_is_refused_before_and_after_the_first_runs()
    {
        ModelLoadException declared = (await Assert.ThrowsAsync<ModelLoadException>(
            () => TensorServer.StartAsync("digits/2", options => options.MaximumMemoryBytes = 50_000)))!;
        Assert.That((declared.Reason, declared.Message), Is.EqualTo((ModelLoadFailure.OutOfMemory, declared.Message)));
        Assert.That(declared.Message, Does.Contain("its files"));

        // One row becomes 64 million numbers on the way, which no shape declares.
        byte[] shape = Proto.Message((1, 2), (2, (int)OnnxElementType.Int64), (8, "shape"), (7, 1), (7, 64_000_000));
        byte[] axes = Proto.Message((1, "axes"), (8, 1), (20, 7));
        byte[] model = Proto.Model(
            [Proto.Node("Expand", ["x", "shape"], ["wide"]), Proto.Node("ReduceMax", ["wide"], ["y"], axes)],
            [Proto.Value("x", OnnxElementType.Float32, "batch", 1)], [Proto.Value("y", OnnxElementType.Float32, "batch", 1)], shape);
        ModelLoadException measured = (await Assert.ThrowsAsync<ModelLoadException>(() => TensorServer.StartAsync(model, options =>
        {
            options.MaximumMemoryBytes = 100_000_000;
            options.MaximumWarmupRows = 1;
        })))!;
        Assert.That(measured.Reason, Is.EqualTo(ModelLoadFailure.OutOfMemory));
        Assert.That(measured.Message, Does.Contain("as measured"));
    }

    [Test]
    public async Task External_data_comes_only_from_files_that_the_manifest_lists()
    {
        Put("m", 1, External("weights.bin"), ("weights.bin", Floats(1, 2, 3)));
        await using (ModelServer unlisted = await StartAsync(_root))
            Assert.That(unlisted.Folder!.Entries.Single().Reason, Does.Contain("UnsafeModel").And.Contain("'weights.bin'"));

        await ModelFolderManifest.WriteAsync(_root);
        await using ModelServer server = await StartAsync(_root);
        string digest = server.Get("m").Version!.Digest;
        Assert.That(await Ask(server), Is.EqualTo(new[] { 1f, 2, 3 }));

        File.WriteAllBytes(Path.Combine(_root, "m", "1", "weights.bin"), Floats(4, 5, 6));
        Assert.That(async () => { await server.Folder!.LoadAsync("m"); return await Ask(server); }, Is.EqualTo(new[] { 1f, 2, 3 }), "not what the manifest lists");
        await ModelFolderManifest.WriteAsync(_root);
        await server.Folder!.LoadAsync("m");
        Assert.That(await Ask(server), Is.EqualTo(new[] { 4f, 5, 6 }));
        Assert.That(server.Get("m").Version!.Digest, Is.Not.EqualTo(digest), "the weights are part of the digest");
        Assert.That(Directory.GetDirectories(Path.GetTempPath(), "mlops-model-*"), Is.Empty, "copies are deleted");
    }

    [TestCase("../weights.bin")]
    [TestCase("./weights.bin")]
    [TestCase("/etc/hostname")]
    [TestCase("other/../weights.bin")]
    [TestCase("")]
    public async Task External_data_by_another_spelling_is_refused(string location)
    {
        Put("m", 1, External(location), ("weights.bin", Floats(1, 2, 3)));
        await ModelFolderManifest.WriteAsync(_root);
        await using ModelServer server = await StartAsync(_root);

        Assert.That(server.Folder!.Entries.Single().Reason, Does.Contain("UnsafeModel"));
    }

    [Test]
    public async Task Weights_that_change_between_the_manifest_and_the_load_are_refused()
    {
        Put("m", 1, External("weights.bin"), ("weights.bin", Floats(1, 2, 3)));
        await ModelFolderManifest.WriteAsync(_root);
        File.WriteAllBytes(Path.Combine(_root, "m", "1", "weights.bin"), Floats(1, 2, 4));
        await using ModelServer server = await StartAsync(_root);

        Assert.That(server.Folder!.Entries.Single().Reason, Does.Contain("DigestMismatch").And.Contain("weights.bin"));
        Assert.That(Directory.GetDirectories(Path.GetTempPath(), "mlops-model-*"), Is.Empty, "copies are deleted");
    }

    [Test]
    public async Task A_stream_is_read_at_every_load_up_to_the_bound()
    {
        byte[] content = LinearSource.Model([1], 1);
        long maximum = 10_000;
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new OnnxModelRuntime() }.AddModel("m", m => m
            .FromStream(_ => ValueTask.FromResult<Stream>(new MemoryStream(content))).Configure(options => options.MaximumModelBytes = maximum)));
        await server.StartAsync();
        content = LinearSource.Model([1], 2);
        Assert.That((await server.Get("m").ReloadAsync()).Number, Is.EqualTo(2));
        Assert.That((await server.GetPredictor<ReadOnlyMemory<float>, float>("m").PredictAsync(new float[1])).Value, Is.EqualTo(2f));

        content = new byte[10_001];
        ModelLoadException failure = (await Assert.ThrowsAsync<ModelLoadException>(() => server.Get("m").ReloadAsync()))!;
        Assert.That(failure.Reason, Is.EqualTo(ModelLoadFailure.TooLarge));
    }

    private async Task<ServedModel> LoadAsync(string name)
    {
        await using ModelServer server = await StartAsync(_root);
        return await server.Folder!.LoadAsync(name);
    }

    private static async Task<ModelServer> StartAsync(string root)
    {
        var server = ModelServer.Create(new ModelServerOptions { Runtime = new OnnxModelRuntime() }.AddModelFolder(root));
        await server.StartAsync();
        return server;
    }

    private static async Task<float[]> Ask(ModelServer server)
    {
        using TensorResponse response = await server.Get("m").InferAsync(new TensorRequest().AddInput("x", [1, 3], new float[3]));
        return response["y"].Get<float>().ToArray();
    }

    /// <summary>x plus three numbers of another file.</summary>
    private static byte[] External(string location) => Proto.Model(
        [Proto.Node("Add", ["x", "w"], ["y"])],
        [Proto.Value("x", OnnxElementType.Float32, "batch", 3)],
        [Proto.Value("y", OnnxElementType.Float32, "batch", 3)],
        Proto.Message((1, 3), (2, (int)OnnxElementType.Float32), (8, "w"), (13, Proto.Message((1, "location"), (2, location))), (14, 1)));

    private static byte[] Floats(params float[] values) => System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    private void Put(string model, int version, byte[] content, params (string Path, byte[] Content)[] others)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_root, model, $"{version}")).FullName;
        foreach ((string path, byte[] bytes) in (IEnumerable<(string, byte[])>)[("model.onnx", content), .. others])
            File.WriteAllBytes(Path.Combine(folder, path), bytes);
    }
}
