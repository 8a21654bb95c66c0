using System.Text.Json;
using Mlops.Storage.Conformance;

namespace Mlops.Mlflow.Tests.Protocol;

/// <summary>A client that others wrote: the npm package <c>mlflow</c>, every call it has.</summary>
public abstract class NpmSuite : MlflowSuite
{
    [Test]
    public async Task Every_call_of_the_npm_client_succeeds()
    {
        string source = Path.Combine(AppContext.BaseDirectory, "npm"), output = Path.Combine(Folder, "npm.jsonl");
        string packages = await NodePackages.InstallAsync(source);
        File.Copy(Path.Combine(source, "calls.js"), Path.Combine(packages, $"calls-{Path.GetFileName(Folder)}.js"));

        await NodePackages.RunAsync("node", [$"calls-{Path.GetFileName(Folder)}.js", Server.Http.BaseAddress!.ToString().TrimEnd('/'), output], packages);

        Dictionary<string, JsonElement> calls = File.ReadAllLines(output).Select(static line => JsonDocument.Parse(line).RootElement).ToDictionary(static call => call.GetProperty("name").GetString()!);
        Assert.That(calls.Values.Where(static call => call.TryGetProperty("error", out _)).Select(static call => call.ToString()), Is.Empty);
        Assert.That(calls, Has.Count.EqualTo(20));
        Assert.That(calls["runs/search"].GetProperty("answer").GetProperty("runs")[0].GetProperty("data").GetProperty("metrics").GetArrayLength(), Is.EqualTo(2));
        Assert.That(calls["metrics/get-history"].GetProperty("answer").GetProperty("metrics").GetArrayLength(), Is.EqualTo(2));
    }
}
