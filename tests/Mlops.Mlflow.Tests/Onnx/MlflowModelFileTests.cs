using System.Text.Json;
using Mlops.Onnx;
using Mlops.Storage;
using Mlops.Storage.Sqlite;
using Mlops.Tracking;

namespace Mlops.Mlflow.Tests.Onnx;

[TestFixture]
public sealed class MlflowModelFileTests
{
    // As PyYAML writes it, with its folded lines; shortened.
    private const string Python = """
        artifact_path: model
        flavors:
          onnx:
            code: null
            data: model.onnx
            onnx_version: 1.16.1
            providers:
            - CUDAExecutionProvider
            - CPUExecutionProvider
          python_function:
            data: model.onnx
            env:
              conda: conda.yaml
              virtualenv: python_env.yaml
            loader_module: mlflow.onnx
            python_version: 3.11.8
        mlflow_version: 2.13.3
        model_size_bytes: 281
        model_uuid: 5ab5b2bb7a0c4d0e8e5e0d7c8d8b1a11
        run_id: 0f1e2d3c4b5a69788796a5b4c3d2e1f0
        saved_input_example_info: null
        metadata: {}
        signature:
          inputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]},
            "name": "it''s"}]'
          outputs: "[{\"type\": \"tensor\", \"tensor-spec\": {\"dtype\": \"float32\", \"shape\"\
            : [-1, 1]}}]"
          params: null
        utc_time_created: '2026-03-01 12:34:56.789012'
        """;

    [Test]
    public void A_file_of_mlflow_is_read()
    {
        MlflowModelFile file = MlflowModelFile.Parse(Python);

        Assert.That(file.ArtifactPath, Is.EqualTo("model"));
        Assert.That(file.RunId, Is.EqualTo("0f1e2d3c4b5a69788796a5b4c3d2e1f0"));
        Assert.That(file.OnnxFile, Is.EqualTo("model.onnx"));
        Assert.That(file.CreatedAt, Is.EqualTo(new DateTimeOffset(2026, 3, 1, 12, 34, 56, TimeSpan.Zero).AddMicroseconds(789_012)));
        Assert.That(JsonDocument.Parse(file.Inputs!).RootElement[0].GetProperty("name").GetString(), Is.EqualTo("it's"));
        Assert.That(JsonDocument.Parse(file.Outputs!).RootElement[0].GetProperty("tensor-spec").GetProperty("shape")[1].GetInt32(), Is.EqualTo(1));
    }

    [Test]
    public void What_is_written_is_read_again()
    {
        var file = new MlflowModelFile
        {
            ArtifactPath = "a \"b\"\\c: # d",
            RunId = "r",
            OnnxFile = "größe 😀.onnx",
            Inputs = "[{\"name\":\"x\\n\"}]",
            Outputs = "[]",
            CreatedAt = DateTimeOffset.UnixEpoch.AddMicroseconds(7),
        };

        Assert.That(MlflowModelFile.Parse(file.ToString()), Is.EqualTo(file));
        Assert.That(MlflowModelFile.Parse(new MlflowModelFile().ToString()), Is.EqualTo(new MlflowModelFile()));
    }

    [Test]
    public void A_model_is_described_with_its_tensors()
    {
        var onnx = new MemoryStream();
        OnnxLinearRegression.Write(onnx, [1, 2], bias: 0);

        MlflowModelFile file = MlflowModelFile.For(OnnxModel.Read(onnx.ToArray()));

        Assert.That(file.Inputs, Is.EqualTo("""[{"name":"features","type":"tensor","tensor-spec":{"dtype":"float32","shape":[-1,2]}}]"""));
        Assert.That(file.Outputs, Is.EqualTo("""[{"name":"prediction","type":"tensor","tensor-spec":{"dtype":"float32","shape":[-1,1]}}]"""));
    }

    [TestCase("a: &x b")]
    [TestCase("a: *x")]
    [TestCase("a: !!python/object:os.system b")]
    [TestCase("a: |\n  b")]
    [TestCase("a: >\n  b")]
    [TestCase("a: {b: c}")]
    [TestCase("a: [b]")]
    [TestCase("? a\n: b")]
    [TestCase("a: 'b")]
    [TestCase("a: 'b' c")]
    [TestCase("a: \"\\q\"")]
    [TestCase("a: \"\\u12\"")]
    [TestCase("a: 1\na: 2")]
    [TestCase("\ta: 1")]
    [TestCase("a:\n\tb: 1")]
    [TestCase("<<: a")]
    [TestCase("a: 1\n   b: 2\nc")]
    [TestCase("just text")]
    public void What_is_beyond_the_subset_is_refused(string text) => Assert.That(() => MlflowModelFile.Parse(text), Throws.TypeOf<FormatException>());

    [Test]
    public void Neither_size_nor_depth_is_endless()
    {
        Assert.That(() => MlflowModelFile.Parse(new string(' ', 1 << 21)), Throws.TypeOf<FormatException>());
        Assert.That(() => MlflowModelFile.Parse(string.Concat(Enumerable.Range(0, 20).Select(static i => new string(' ', i) + "a:\n"))), Throws.TypeOf<FormatException>());
    }

    [Test]
    public void Random_texts_are_read_or_refused()
    {
        var random = new Random(7);
        for (int i = 0; i < 3_000; i++)
        {
            char[] text = Python.ToCharArray();
            for (int changes = random.Next(1, 6); changes > 0; changes--)
            {
                text[random.Next(text.Length)] = "\n \t:'\"\\-#&{}[]a"[random.Next(15)];
            }

            try
            {
                MlflowModelFile.Parse(new string(text));
            }
            catch (FormatException)
            {
                // The only way to fail.
            }
        }
    }

    [Test]
    public async Task A_model_is_logged_as_mlflow_does()
    {
        string folder = Directory.CreateTempSubdirectory("mlops-mlflow-").FullName;
        await using var database = new SqliteDatabase($"Data Source={Path.Combine(folder, "m.db")}");
        using var tracker = new Tracker(database, new ArtifactCatalog(database, new FileArtifactStore(Path.Combine(folder, "artifacts"))));
        RunRecord run = await tracker.CreateRunAsync("e");
        var onnx = new MemoryStream();
        OnnxLinearRegression.Write(onnx, [1, 2], bias: 0);

        await MlflowOnnxModel.LogAsync(tracker, run.Id, "model", onnx.ToArray());

        Assert.That((await tracker.ListArtifactsAsync(run.Id)).Select(static artifact => artifact.Name), Is.EqualTo(new[] { "model/MLmodel", "model/model.onnx" }));
        using var reader = new StreamReader(await tracker.OpenArtifactAsync(run.Id, "model/MLmodel"));
        Assert.That(MlflowModelFile.Parse(await reader.ReadToEndAsync()), Has.Property("RunId").EqualTo(run.Id).And.Property("OnnxFile").EqualTo("model.onnx"));
        Assert.That(() => MlflowOnnxModel.LogAsync(tracker, run.Id, "model", new byte[] { 1, 2 }), Throws.TypeOf<OnnxFormatException>());
        Assert.That(() => MlflowOnnxModel.LogAsync(tracker, run.Id, "../x", onnx.ToArray()), Throws.ArgumentException);
    }
}
