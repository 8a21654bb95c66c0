namespace Mlops.Serving.OnnxRuntime.Tests;

internal sealed class SetSource(byte[] content) : IModelSource
{
    private long _version;

    public byte[] Content { get; set; } = content;

    public ValueTask<ModelPackage?> LoadAsync(string model, long maximumBytes, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<ModelPackage?>(new ModelPackage { Content = Content, Version = ++_version });
}
