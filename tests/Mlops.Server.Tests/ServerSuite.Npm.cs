using System.Text.Json;
using Mlops.Storage.Conformance;

namespace Mlops.Server.Tests;

internal abstract partial class ServerSuite
{
    [Test]
    public async Task Every_call_of_the_npm_client_is_answered()
    {
        string source = Path.Combine(AppContext.BaseDirectory, "npm");
        string packages = await NodePackages.InstallAsync(source);
        string calls = Path.Combine(packages, "calls.js");
        string results = Path.Combine(_data, "npm.jsonl");
        File.Copy(Path.Combine(source, "calls.js"), calls, overwrite: true);

        await NodePackages.RunAsync("node", [calls, _server.Address.GetLeftPart(UriPartial.Authority), results], packages);

        Dictionary<string, JsonElement> answers = [];
        foreach (string line in await File.ReadAllLinesAsync(results))
        {
            using JsonDocument result = JsonDocument.Parse(line);
            string name = result.RootElement.GetProperty("name").GetString()!;
            Assert.That(result.RootElement.TryGetProperty("error", out JsonElement error), Is.False, $"{name}: {error}");
            answers.Add(name, result.RootElement.GetProperty("answer").Clone());
        }

        Assert.That(answers, Has.Count.EqualTo(20));
        Assert.That(answers["runs/create"].GetProperty("run").GetProperty("info").GetProperty("user_id").GetString(), Is.EqualTo("ada"));
        JsonElement found = answers["runs/search"].GetProperty("runs").EnumerateArray().Single();
        Assert.That(found.GetProperty("data").GetProperty("params").EnumerateArray().Select(static p => p.GetProperty("key").GetString()), Is.EquivalentTo(new[] { "lambda", "depth" }));
        JsonElement[] history = [.. answers["metrics/get-history"].GetProperty("metrics").EnumerateArray()];
        Assert.That(history.Select(static m => m.GetProperty("value").GetDouble()), Is.EqualTo(new[] { 0.5, 0.25 }));
        Assert.That(history.Select(static m => m.GetProperty("step").GetInt64()), Is.EqualTo(new[] { 1L, 2L }));
        Assert.That(answers["runs/update"].GetProperty("run_info").GetProperty("status").GetString(), Is.EqualTo("FINISHED"));
        Assert.That(answers["experiments/list"].GetProperty("experiments").GetArrayLength(), Is.GreaterThanOrEqualTo(2));
    }
}
