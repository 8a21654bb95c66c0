using System.Text;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Artifacts;

public abstract class ArtifactSuite : TrackingSuite
{
    [Test]
    public async Task An_artifact_comes_back_from_the_run_and_from_the_tracker()
    {
        await using Run run = await Tracker.StartRunAsync("e");
        RunArtifact logged = await run.LogArtifactAsync("plots/roc.svg", Content("picture"));

        Assert.That(logged, Is.EqualTo(new RunArtifact("plots/roc.svg", ContentHash.Of("picture"u8), 7, Start)));
        Assert.That(await ReadAsync(await run.OpenArtifactAsync("plots/roc.svg")), Is.EqualTo("picture"));
        Assert.That(await ReadAsync(await Tracker.OpenArtifactAsync(run.Id, "plots/roc.svg")), Is.EqualTo("picture"));
        Assert.That(await Tracker.ListArtifactsAsync(run.Id), Is.EqualTo(new[] { logged }));
    }

    [Test]
    public async Task The_same_name_again_replaces_the_artifact_and_gives_the_old_bytes_up()
    {
        await using Run run = await Tracker.StartRunAsync("e");
        RunArtifact first = await run.LogArtifactAsync("model.onnx", Content("one"));
        await run.LogArtifactAsync("copy.onnx", Content("two"));
        await run.LogArtifactAsync("model.onnx", Content("two"));
        await Artifacts.CollectGarbageAsync();

        Assert.That(await ReadAsync(await run.OpenArtifactAsync("model.onnx")), Is.EqualTo("two"));
        Assert.That(await Artifacts.Store.ExistsAsync(first.Hash), Is.False);
        Assert.That((await Tracker.ListArtifactsAsync(run.Id)).Select(artifact => artifact.Name), Is.EqualTo(new[] { "copy.onnx", "model.onnx" }));
    }

    [Test]
    public async Task A_missing_artifact_or_a_name_that_is_none_is_a_typed_error()
    {
        await using Run run = await Tracker.StartRunAsync("e");

        Assert.That(async () => await run.OpenArtifactAsync("absent"), Throws.TypeOf<RunArtifactNotFoundException>());
        Assert.That(() => run.LogArtifactAsync("../escape", Content("x")), Throws.ArgumentException);
        Assert.That(() => Tracker.OpenArtifactAsync(run.Id, "/etc/passwd"), Throws.ArgumentException);
    }

    [Test]
    public async Task A_stream_that_fails_leaves_no_artifact()
    {
        await using Run run = await Tracker.StartRunAsync("e");

        Assert.That(async () => await run.LogArtifactAsync("a", new FailingStream()), Throws.Exception.With.Message.Contains("The disk is gone."));
        Assert.That(await Tracker.ListArtifactsAsync(run.Id), Is.Empty);
    }

    private static MemoryStream Content(string text) => new(Encoding.UTF8.GetBytes(text));

    private static async Task<string> ReadAsync(Stream stream)
    {
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }

    private sealed class FailingStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromException<int>(new IOException("The disk is gone."));

        public override int Read(Span<byte> buffer) => throw new IOException("The disk is gone.");
    }
}
