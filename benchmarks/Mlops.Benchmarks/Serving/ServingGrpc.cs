using System.Diagnostics;
using System.Globalization;
using System.Net;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Inference;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Mlops.Serving;
using Mlops.Serving.AspNetCore;

namespace Mlops.Benchmarks.Serving;

/// <summary>
/// What the Open Inference Protocol over gRPC costs beside a plain gRPC service of the same messages, which answers with one that is made already: verb
/// <c>serving-grpc [rounds]</c>. The model does nothing; the server is a process of its own, and what is counted is its CPU time per call. Contenders take
/// turns, 16 callers over four connections each.
/// </summary>
public static class ServingGrpc
{
    private const string HostVerb = "host";
    private const int Connections = 4;
    private const int CallersPerConnection = 4;
    private const int Features = 64;
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(600);

    /// <summary>Prints the table.</summary>
    public static async Task RunAsync(string[] args)
    {
        if (args.ElementAtOrDefault(1) == HostVerb)
        {
            await HostAsync();
            return;
        }

        await CompareAsync(args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 15);
    }

    private static async Task HostAsync()
    {
        await using WebApplication plain = Build(static services => services.AddGrpc());
        plain.MapGrpcService<Plain>();
        await using WebApplication served = Build(static services =>
        {
            services.AddMlopsServing().AddModel<int, int>("m", static m => m
                .WithRuntime(new NothingRuntime(Features)).FromStream(static _ => ValueTask.FromResult<Stream>(new MemoryStream([1]))).Input(static (_, _) => { }).Output(static _ => 0));
            services.AddMlopsInference();
        });
        served.MapMlopsInferenceGrpc();
        await plain.StartAsync();
        await served.StartAsync();
        Console.WriteLine(new Uri(plain.Urls.First()).Port);
        Console.WriteLine(new Uri(served.Urls.First()).Port);

        // Until the one who asked closes the pipe.
        await Console.In.ReadToEndAsync();
        await plain.StopAsync();
        await served.StopAsync();
    }

    private static WebApplication Build(Action<IServiceCollection> services)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2));
        services(builder.Services);
        return builder.Build();
    }

    private static async Task CompareAsync(int rounds)
    {
        string self = Environment.GetCommandLineArgs()[0];
        var start = new ProcessStartInfo(Environment.ProcessPath!, [.. Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? (string[])[self] : [], "serving-grpc", HostVerb])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using Process server = Process.Start(start)!;
        GrpcChannel[] plain = await ConnectAsync(server), served = await ConnectAsync(server);
        int plainBytes = await AnswerBytesAsync(plain[0]), servedBytes = await AnswerBytesAsync(served[0]);
        List<double> floors = [], owns = [];
        for (int round = -3; round < rounds; round++)
        {
            double floor = await MeasureAsync(server, plain), own = await MeasureAsync(server, served);
            if (round < 0)
                continue;
            floors.Add(floor);
            owns.Add(own);
        }

        foreach (GrpcChannel channel in plain.Concat(served))
            channel.Dispose();
        server.StandardInput.Close();
        await server.WaitForExitAsync();
        double[] ratios = [.. owns.Zip(floors, static (own, floor) => own / floor).Order()];
        Console.WriteLine("| call | bytes in, out (plain, served) | plain service, CPU us | served, CPU us | ratio | lowest to highest |");
        Console.WriteLine("|---|---|---:|---:|---:|---:|");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| raw, 64 floats | {Request().CalculateSize()}, {plainBytes} and {servedBytes} | {ServingHttp.Median(floors):F1} | {ServingHttp.Median(owns):F1} | {ServingHttp.Median(ratios):F2}x | {ratios[0]:F2}x to {ratios[^1]:F2}x |"));
    }

    private static async Task<GrpcChannel[]> ConnectAsync(Process server)
    {
        string port = (await server.StandardOutput.ReadLineAsync())!;
        return [.. Enumerable.Range(0, Connections).Select(_ => GrpcChannel.ForAddress($"http://127.0.0.1:{port}"))];
    }

    private static async Task<int> AnswerBytesAsync(GrpcChannel channel) => (await new GRPCInferenceService.GRPCInferenceServiceClient(channel).ModelInferAsync(Request())).CalculateSize();

    private static async Task<double> MeasureAsync(Process server, GrpcChannel[] channels)
    {
        bool isOver = false;
        server.Refresh();
        TimeSpan cpu = server.TotalProcessorTime;
        Task<long>[] callers =
        [
            .. channels.SelectMany(channel => Enumerable.Range(0, CallersPerConnection).Select(_ => Task.Run(async () =>
            {
                var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);
                ModelInferRequest request = Request();
                long calls = 0;
                for (; !Volatile.Read(ref isOver); calls++)
                    await client.ModelInferAsync(request);
                return calls;
            }))),
        ];
        await Task.Delay(Turn);
        Volatile.Write(ref isOver, true);
        long all = (await Task.WhenAll(callers)).Sum();
        server.Refresh();
        return (server.TotalProcessorTime - cpu).TotalMicroseconds / all;
    }

    private static ModelInferRequest Request() => new()
    {
        ModelName = "m",
        Inputs = { new ModelInferRequest.Types.InferInputTensor { Name = "x", Datatype = "FP32", Shape = { 1, Features } } },
        RawInputContents = { ByteString.CopyFrom(new byte[Features * sizeof(float)]) },
    };

    private sealed class Plain : GRPCInferenceService.GRPCInferenceServiceBase
    {
        private static readonly Task<ModelInferResponse> Answer = Task.FromResult(new ModelInferResponse
        {
            ModelName = "m",
            ModelVersion = "1",
            Parameters = { { "mlops-prediction-id", new InferParameter { StringParam = new string('0', 32) } } },
            Outputs = { new ModelInferResponse.Types.InferOutputTensor { Name = "y", Datatype = "FP32", Shape = { 1, Features } } },
            RawOutputContents = { ByteString.CopyFrom(new byte[Features * sizeof(float)]) },
        });

        public override Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context) => Answer;
    }
}
