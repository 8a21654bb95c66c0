// readme: begin
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Mlops.Onnx;
using Mlops.Serving;
using Mlops.Serving.GraphQL;
using Mlops.Serving.OnnxRuntime;
// readme: end

namespace Mlops.Tests.Readme.ServingGraphQL;

/// <summary>The first example of Mlops.Serving.GraphQL.</summary>
[TestFixture]
public sealed class ServingGraphQLExample : ReadmeExample
{
    [Test]
    public async Task It_prints_what_the_readme_shows()
    {
        string[] args = [];

        // readme: begin
        using (FileStream file = File.Create("ridership.onnx"))
            OnnxLinearRegression.Write(file, weights: [0.8, 1.5], bias: 2.0);

        WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
        builder.Services.AddMlopsServing().UseOnnxRuntime().AddModel("ridership", m => m.FromFile("ridership.onnx"));
        builder.Services.AddMlopsInferenceGraphQL();

        await using WebApplication app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");                    // any free port
        app.MapMlopsInferenceGraphQL();                        // POST /graphql, for this machine only; policies open it
        await app.StartAsync();

        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        using HttpResponseMessage answer = await http.PostAsJsonAsync("/graphql", new
        {
            query = """
                mutation ($rows: [Float!]) {
                  infer(model: "ridership", inputs: [{ name: "features", datatype: "FP32", shape: [2, 2], floats: $rows }]) { outputs { name floats } }
                }
                """,
            variables = new { rows = new[] { 10, 1, 20, 0 } },
        });
        JsonElement body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Console.WriteLine(body.GetProperty("data").GetProperty("infer").GetProperty("outputs"));
        // readme: end

        AssertShownIn("src/Mlops.Serving.GraphQL/README.md");
        await app.StopAsync();
    }
}
