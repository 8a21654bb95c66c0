using System.Diagnostics.Metrics;
using Microsoft.Extensions.Time.Testing;

namespace Mlops.Serving.OnnxRuntime.Tests;

public sealed class AllocationTests
{
    [TestCase(false)]
    [TestCase(true)]
    public async Task A_prediction_allocates_nothing(bool withMetrics)
    {
        using var listener = new MeterListener { InstrumentPublished = (instrument, l) => l.EnableMeasurementEvents(instrument) };
        long measurements = 0;
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => measurements++);
        if (withMetrics)
            listener.Start();

        // By a clock that stands still no run is long: after a few long ones the next would not be on their callers' thread.
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new OnnxModelRuntime(), TimeProvider = new FakeTimeProvider() }
            .AddModel("digits", m => m.FromFile(Reference.Path("diabetes_mlp/1/model.onnx"))));
        await server.StartAsync();
        IPredictor<ReadOnlyMemory<float>, float> predictor = server.GetPredictor<ReadOnlyMemory<float>, float>("digits");
        float[] row = new float[10];
        BytesFor(predictor, row, 2000);

        Assert.That(BytesFor(predictor, row, 1000), Is.Zero);
        Assert.That(measurements, Is.EqualTo(withMetrics ? 3000 : 0));
    }

    private static long BytesFor(IPredictor<ReadOnlyMemory<float>, float> predictor, float[] row, int calls)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < calls; i++)
            Complete(predictor.PredictAsync(row));
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void Complete(ValueTask<Prediction<float>> prediction)
    {
        if (!prediction.IsCompletedSuccessfully)
            throw new AssertionException("a prediction runs on its caller's thread");
    }
}
