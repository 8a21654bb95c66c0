// given: begin
using Mlops.Onnx;
using Mlops.Serving;
using Mlops.Serving.OnnxRuntime;
// given: end

namespace Mlops.Tests.Readme.ServingManyRows;

/// <summary>Rows of any source, of a file and of a stream.</summary>
[TestFixture]
public sealed class ServingManyRowsExample : ReadmeExample
{
    [Test]
    public async Task It_prints_what_the_readme_shows()
    {
        // given: begin
        using (FileStream file = File.Create("ridership.onnx"))
            OnnxLinearRegression.Write(file, weights: [0.8], bias: 2.0);
        await File.WriteAllTextAsync("rides.csv", "lag7\n10\n20\nmany\n");
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new OnnxModelRuntime() }
            .AddModel<Ride>("ridership", m => m.FromFile("ridership.onnx").Feature(r => r.Lag7)));
        await server.StartAsync();
        IPredictor<Ride, float> predictor = server.GetPredictor<Ride, float>("ridership");
        IAsyncEnumerable<Ride> rides = new Ride[] { new(10), new(20) }.ToAsyncEnumerable();
        IAsyncEnumerable<Message> messages = new Message[] { new(new Ride(30)) }.ToAsyncEnumerable();
        ValueTask PublishAsync(ScoredRow<Message, float> row, CancellationToken cancellationToken)
        {
            Console.WriteLine($"published {row.Prediction.Value}");
            return ValueTask.CompletedTask;
        }

        // given: end

        // readme: begin
        await foreach (ScoredRow<Ride, float> row in predictor.ScoreAsync(rides))    // any IAsyncEnumerable, in its order
            Console.WriteLine(row.Error?.Message ?? $"{row.Source.Lag7}: {row.Prediction.Value}");

        await using (FileStream input = File.OpenRead("rides.csv"), output = File.Create("scored.csv"))
            Console.WriteLine(await server.Get("ridership").ScoreCsvAsync(input, output));

        await predictor.ConsumeAsync(messages, static m => m.Ride, PublishAsync, static (m, _) => m.AcknowledgeAsync());
        // readme: end

        AssertShownIn("src/Mlops.Serving/README.md");
        Assert.That(await File.ReadAllLinesAsync("scored.csv"), Has.Length.EqualTo(4));
    }
}

// given: begin
record Ride(float Lag7);

record Message(Ride Ride)
{
    public ValueTask AcknowledgeAsync() => ValueTask.CompletedTask;
}
// given: end
