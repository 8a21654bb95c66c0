namespace Mlops.Serving.OnnxRuntime.Tests;

/// <summary>A server of one model that is called with tensors only.</summary>
internal static class TensorServer
{
    public static Task<ModelServer> StartAsync(string path, Action<ModelOptions>? configure = null) => StartAsync(Reference.Bytes(path + "/model.onnx"), configure);

    public static async Task<ModelServer> StartAsync(byte[] content, Action<ModelOptions>? configure = null)
    {
        var options = new ModelServerOptions { Runtime = new OnnxModelRuntime() };
        var server = ModelServer.Create(options.AddModel<int, int>("m", m => m
            .FromSource(new SetSource(content)).Input((_, _) => { }).Output(_ => 0).Configure(configure ?? (_ => { }))));
        await server.StartAsync();
        return server;
    }
}
