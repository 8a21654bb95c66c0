using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Mlops.Serving;
using Mlops.Serving.AspNetCore;

namespace Mlops.Benchmarks.Serving;

/// <summary>
/// What the Open Inference Protocol costs beside a plain Kestrel endpoint that reads and writes as many bytes: verb <c>serving-http [rounds]</c>. The model
/// does nothing; the server is a process of its own, and what is counted is its CPU time per request. Contenders take turns, 16 connections each. After
/// it, the JSON of 64 floats alone, read and written.
/// </summary>
public static class ServingHttp
{
    private const string HostVerb = "host";
    private const int Connections = 16;
    private const int Features = 64;
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(300);

    /// <summary>Prints the tables.</summary>
    public static async Task RunAsync(string[] args)
    {
        if (args.ElementAtOrDefault(1) == HostVerb)
        {
            await HostAsync();
            return;
        }

        int rounds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 15;
        await CompareAsync(rounds);
        JsonCodec.Compare(rounds);
    }

    private static async Task HostAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddMlopsServing().AddModel<int, int>("m", static m => m
            .WithRuntime(new NothingRuntime(Features)).FromStream(static _ => ValueTask.FromResult<Stream>(new MemoryStream([1]))).Input(static (_, _) => { }).Output(static _ => 0));
        builder.Services.AddMlopsInference();
        await using WebApplication application = builder.Build();
        application.MapMlopsInference();
        foreach (Contender contender in Contenders())
        {
            // As long an answer as the protocol's, so that sending it is not what differs.
            byte[] answer = new byte[contender.AnswerBytes];
            answer.AsSpan().Fill((byte)'x');
            application.MapPost(contender.PlainPath, async context =>
            {
                byte[] buffer = new byte[4_096];
                while (await context.Request.Body.ReadAsync(buffer) > 0)
                {
                }

                context.Response.ContentType = "application/octet-stream";
                context.Response.ContentLength = answer.Length;
                await context.Response.Body.WriteAsync(answer);
            });
        }

        await application.StartAsync();
        Console.WriteLine(new Uri(application.Urls.First()).Port);

        // Until the one who asked closes the pipe.
        await Console.In.ReadToEndAsync();
        await application.StopAsync();
    }

    private static async Task CompareAsync(int rounds)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [.. Environment.GetCommandLineArgs()[0] is var self && Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? (string[])[self] : [], "serving-http", HostVerb])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using Process server = Process.Start(start)!;
        int port = int.Parse((await server.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);

        Contender[] contenders = [.. Contenders()];
        var plain = new Dictionary<string, List<double>>(StringComparer.Ordinal);
        var served = new Dictionary<string, List<double>>(StringComparer.Ordinal);
        for (int round = -3; round < rounds; round++)
        {
            foreach (Contender contender in contenders)
            {
                double floor = await MeasureAsync(server, port, contender.PlainRequest);
                double own = await MeasureAsync(server, port, contender.Request);
                if (round < 0)
                    continue;
                (plain.TryGetValue(contender.Name, out List<double>? floors) ? floors : plain[contender.Name] = []).Add(floor);
                (served.TryGetValue(contender.Name, out List<double>? owns) ? owns : served[contender.Name] = []).Add(own);
            }
        }

        server.StandardInput.Close();
        await server.WaitForExitAsync();
        Console.WriteLine("| request | bytes in, out | plain endpoint, CPU us | served, CPU us | ratio | lowest to highest |");
        Console.WriteLine("|---|---|---:|---:|---:|---:|");
        foreach (Contender contender in contenders)
        {
            double[] ratios = [.. served[contender.Name].Zip(plain[contender.Name], static (own, floor) => own / floor).Order()];
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {contender.Name} | {contender.BodyBytes}, {contender.AnswerBytes} | {Median(plain[contender.Name]):F1} | {Median(served[contender.Name]):F1} | {Median(ratios):F2}x | {ratios[0]:F2}x to {ratios[^1]:F2}x |"));
        }
    }

    private static async Task<double> MeasureAsync(Process server, int port, byte[] request)
    {
        bool isOver = false;
        server.Refresh();
        TimeSpan cpu = server.TotalProcessorTime;
        Task<long>[] clients = [.. Enumerable.Range(0, Connections).Select(_ => Task.Run(() => new LoopbackClient(port, request).RunUntil(() => Volatile.Read(ref isOver))))];
        await Task.Delay(Turn);
        Volatile.Write(ref isOver, true);
        long requests = (await Task.WhenAll(clients)).Sum();
        server.Refresh();
        return (server.TotalProcessorTime - cpu).TotalMicroseconds / requests;
    }

    private static IEnumerable<Contender> Contenders()
    {
        float[] fractions = [.. Enumerable.Range(0, Features).Select(static i => (float)Math.Round((i * 0.618_033_99) % 1, 6))];
        string head = $$$"""{"inputs":[{"name":"x","shape":[1,{{{Features}}}],"datatype":"FP32","parameters":{"binary_data_size":{{{Features * sizeof(float)}}}}}],"parameters":{"binary_data_output":true}}""";
        yield return new Contender("binary, 64 floats", "/plain/binary", [.. Encoding.UTF8.GetBytes(head), .. MemoryMarshal.AsBytes(fractions.AsSpan())], head.Length, AnswerBytes: 437);
        yield return new Contender("JSON, 64 floats", "/plain/json", Encoding.UTF8.GetBytes(JsonCodec.RequestOf(fractions)), JsonLength: null, AnswerBytes: 760);
    }

    internal static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private sealed record Contender(string Name, string PlainPath, byte[] Body, int? JsonLength, int AnswerBytes)
    {
        public int BodyBytes => Body.Length;

        public byte[] Request => Build("/v2/models/m/infer");

        public byte[] PlainRequest => Build(PlainPath);

        private byte[] Build(string path)
        {
            string header = JsonLength is null ? "" : $"Inference-Header-Content-Length: {JsonLength}\r\n";
            return [.. Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n{header}Content-Length: {Body.Length}\r\n\r\n"), .. Body];
        }
    }
}
