using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Mlops.Onnx;
using Mlops.Serving;
using Mlops.Serving.AspNetCore;
using Mlops.Serving.OnnxRuntime;

namespace Mlops.Aot.Tests;

/// <summary>A model answers by the Open Inference Protocol, without reflection.</summary>
internal static class InferenceApi
{
    public static async Task<bool> RunAsync(string folder)
    {
        string path = Path.Combine(folder, "linear.onnx");
        using (FileStream file = File.Create(path))
            OnnxLinearRegression.Write(file, weights: [0.5, 2], bias: 1);

        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddMlopsServing().UseOnnxRuntime().AddModel("linear", m => m.FromFile(path));
        builder.Services.AddMlopsInference();
        await using WebApplication application = builder.Build();
        application.Urls.Add("http://127.0.0.1:0");
        application.MapMlopsInference();
        await application.StartAsync();

        using var http = new HttpClient { BaseAddress = new Uri(application.Urls.First()) };
        string metadata = await http.GetStringAsync("/v2/models/linear");
        HttpResponseMessage answer = await http.PostAsync(
            "/v2/models/linear/infer", new StringContent("""{"inputs":[{"name":"features","datatype":"FP32","shape":[2,2],"data":[[2,1],[4,-1]]}]}"""));
        string body = await answer.Content.ReadAsStringAsync();
        string predicted = await (await http.PostAsync("/v1/models/linear:predict", new StringContent("""{"instances":[[2,1]]}"""))).Content.ReadAsStringAsync();
        await application.StopAsync();
        return predicted == "{\"predictions\":[[4]]}" && answer.StatusCode == HttpStatusCode.OK && body.Contains("\"data\":[4,1]", StringComparison.Ordinal) && metadata.Contains("onnx_onnxv1", StringComparison.Ordinal);
    }
}
