using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Inference;
using Microsoft.Extensions.DependencyInjection;

namespace Mlops.Serving.AspNetCore.Tests;

/// <summary>A rollout as clients of both protocols meet it.</summary>
public sealed class RolloutTests
{
    private const string IdName = "mlops-prediction-id";

    [Test]
    public async Task A_key_gets_one_version_over_both_protocols_and_the_keys_are_split_by_the_share()
    {
        const int Keys = 1000;
        const double Share = 0.3;
        await using GrpcHost host = await StartAsync(c => c.Share = Share);
        using HttpClient http = ClientOf(host);

        int candidate = 0;
        for (int i = 0; i < Keys; i++)
        {
            (string version, double value, _) = await InferAsync(http, $"user-{i}");
            (string again, double valueAgain, _) = await InferAsync(host, $"user-{i}");

            Assert.That((again, valueAgain), Is.EqualTo((version, value)), $"user-{i}");
            Assert.That(value, Is.EqualTo(double.Parse(version, CultureInfo.InvariantCulture)), "the answer is of the version that it names");
            candidate += version == "2" ? 1 : 0;
        }

        Assert.That(candidate, Is.EqualTo(Share * Keys).Within(6 * Math.Sqrt(Keys * Share * (1 - Share))));
        RolloutMetric errors = host.Server.Get("m").Rollout!.Evaluate()!.Metrics[0];
        Assert.That((errors.CandidateKeys, errors.StableKeys), Is.EqualTo(((long)candidate, (long)(Keys - candidate))), "each key counts once, whichever way it came");
    }

    [Test]
    public async Task A_larger_share_takes_keys_of_both_protocols_and_gives_none_back()
    {
        await using GrpcHost host = await StartAsync(c => c.Share = 0.1);
        using HttpClient http = ClientOf(host);
        Dictionary<string, string> before = await VersionsAsync();

        await host.Server.Get("m").Rollout!.SetShareAsync(0.6);
        Dictionary<string, string> after = await VersionsAsync();

        Assert.That(before.Where(pair => pair.Value == "2").Select(pair => after[pair.Key]), Is.All.EqualTo("2").And.Not.Empty);
        Assert.That(after.Values.Count(static version => version == "2"), Is.GreaterThan(before.Values.Count(static version => version == "2")));

        async Task<Dictionary<string, string>> VersionsAsync()
        {
            Dictionary<string, string> versions = [];
            for (int i = 0; i < 200; i++)
                versions.Add($"user-{i}", (i % 2 == 0 ? await InferAsync(http, $"user-{i}") : await InferAsync(host, $"user-{i}")).Version);
            return versions;
        }
    }

    [TestCase(1.0, RolloutState.RolledBack)]
    [TestCase(2.0, RolloutState.Promoted)]
    public async Task Outcomes_that_clients_post_decide_about_the_candidate(double actual, RolloutState expected)
    {
        const int MostCalls = 3000;
        await using GrpcHost host = await StartAsync(static c =>
        {
            (c.Share, c.ErrorMargin, c.ComputeTimeMargin, c.MinimumKeys, c.AutomaticPromotion) = (0.5, 0.3, null, 50, true);
            c.CheckInterval = TimeSpan.FromMilliseconds(100);
            c.NonInferiority("error_rate", margin: 0.2);
        });
        using HttpClient http = ClientOf(host);
        Rollout rollout = host.Server.Get("m").Rollout!;

        // The rollout's own looks come by the clock, and so the figures are looked at as well.
        for (int i = 0; i < MostCalls && rollout.State == RolloutState.Running && (i % 50 != 0 || rollout.Evaluate()?.Verdict == RolloutVerdict.Hold); i++)
        {
            (_, _, string id) = i % 2 == 0 ? await InferAsync(http, $"user-{i}") : await InferAsync(host, $"user-{i}");
            string body = string.Create(CultureInfo.InvariantCulture, $$"""{"outcomes":[{"id":"{{id}}","value":{{actual}}}]}""");
            using HttpResponseMessage answer = await PostAsync(http, "/v2/models/m/outcomes", body);
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }

        Assert.That(() => rollout.Record!.State, Is.EqualTo(expected).After(60_000, 10));
        Assert.That((await InferAsync(http, "anybody")).Value, Is.EqualTo(actual));
        Assert.That((await InferAsync(host, "anybody")).Value, Is.EqualTo(actual));
    }

    private static Task<GrpcHost> StartAsync(Action<RolloutOptions> configure) => GrpcHost.StartAsync(
        builder => builder.Services.AddMlopsServing().AddModel<int, int>("m", m => m
            .WithRuntime(new FunctionRuntime(width: 1) { AddsVersion = true }).FromSource(new OneVersion(1)).TensorsOnly().Canary(new OneVersion(2), configure)),
        use: static app => app.MapMlopsInference());

    // The host speaks HTTP/2 without encryption on its only port.
    private static HttpClient ClientOf(GrpcHost host) => new() { BaseAddress = host.Address };

    private static Task<HttpResponseMessage> PostAsync(HttpClient http, string path, string json) => http.SendAsync(new HttpRequestMessage(HttpMethod.Post, path)
    {
        Content = new StringContent(json, Encoding.UTF8, "application/json"),
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    });

    private static async Task<(string Version, double Value, string Id)> InferAsync(HttpClient http, string key)
    {
        using HttpResponseMessage response = await PostAsync(
            http, "/v2/models/m/infer", $$"""{"parameters":{"routing_key":"{{key}}"},"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[0]}]}""");
        string text = await response.Content.ReadAsStringAsync();
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), text);
        JsonElement json = JsonDocument.Parse(text).RootElement;
        return (json.GetProperty("model_version").GetString()!, json.GetProperty("outputs")[0].GetProperty("data")[0].GetDouble(), response.Headers.GetValues(IdName).Single());
    }

    private static async Task<(string Version, double Value, string Id)> InferAsync(GrpcHost host, string key)
    {
        ModelInferRequest call = GrpcCalls.Call("m").Floats("x", [1, 1], [0]);
        call.Parameters.Add("routing_key", new InferParameter { StringParam = key });
        ModelInferResponse answer = await host.Client.ModelInferAsync(call);
        return (answer.ModelVersion, answer.Numbers("y")[0], answer.Parameters[IdName].StringParam);
    }

    private sealed class OneVersion(long number) : IModelSource
    {
        public ValueTask<ModelPackage?> LoadAsync(string model, long maximumBytes, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult<ModelPackage?>(new ModelPackage { Content = new byte[] { (byte)number }, Version = number });
    }
}
