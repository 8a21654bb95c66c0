using System.Net;
using Grpc.Net.Client;
using Inference;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Mlops.Onnx;
using Mlops.Serving;
using Mlops.Serving.AspNetCore;
using Mlops.Serving.OnnxRuntime;

namespace Mlops.Aot.Tests;

/// <summary>A model answers over gRPC, without reflection.</summary>
internal static class GrpcApi
{
    public static async Task<bool> RunAsync(string folder)
    {
        string path = Path.Combine(folder, "grpc.onnx");
        using (FileStream file = File.Create(path))
            OnnxLinearRegression.Write(file, weights: [0.5, 2], bias: 1);

        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddMlopsServing().UseOnnxRuntime().AddModel("linear", m => m.FromFile(path));
        builder.Services.AddMlopsInference();
        await using WebApplication application = builder.Build();
        application.MapMlopsInferenceGrpc();
        await application.StartAsync();

        using var channel = GrpcChannel.ForAddress(application.Urls.First());
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);
        ModelInferResponse answer = await client.ModelInferAsync(new ModelInferRequest
        {
            ModelName = "linear",
            Inputs =
            {
                new ModelInferRequest.Types.InferInputTensor
                {
                    Name = "features", Datatype = "FP32", Shape = { 2, 2 }, Contents = new InferTensorContents { Fp32Contents = { 2, 1, 4, -1 } },
                },
            },
        });
        bool isReady = (await client.ModelReadyAsync(new ModelReadyRequest { Name = "linear" })).Ready;
        await application.StopAsync();
        return isReady && answer.Outputs[0].Contents.Fp32Contents is [4, 1];
    }
}
