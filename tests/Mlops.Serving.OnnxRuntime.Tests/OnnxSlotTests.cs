using System.Runtime.InteropServices;

namespace Mlops.Serving.OnnxRuntime.Tests;

public sealed class OnnxSlotTests
{
    [Test]
    public void A_slot_runs_any_number_of_rows_up_to_its_maximum_over_the_same_buffers()
    {
        ReferenceRows reference = Reference.Rows("diabetes_mlp/1");
        using IModelSession session = new OnnxModelRuntime().Load("m", new ModelPackage { Content = Reference.Bytes("diabetes_mlp/1/model.onnx"), Version = 1 }, CancellationToken.None);
        using IModelSlot slot = session.CreateSlot(SlotShape.For(session.Signature, maximumRows: 17));

        foreach (int rows in (int[])[17, 1, 5, 17, 2])
        {
            Span<float> input = MemoryMarshal.Cast<byte, float>(slot.GetInput(0, rows));
            for (int i = 0; i < input.Length; i++)
                input[i] = (float)reference.Inputs[0].Data[i];
            slot.Run(rows);

            ReadOnlySpan<float> output = MemoryMarshal.Cast<byte, float>(slot.GetOutput(0, rows));
            Assert.That(output.Length, Is.EqualTo(rows));
            for (int row = 0; row < rows; row++)
                Assert.That(output[row], Is.EqualTo(reference.Outputs[0].Data[row]).Within(reference.Absolute + reference.Relative * Math.Abs(reference.Outputs[0].Data[row])));
        }
    }

    [Test]
    public void A_disposed_slot_hands_out_no_memory()
    {
        using IModelSession session = new OnnxModelRuntime().Load("m", new ModelPackage { Content = Reference.Bytes("diabetes_mlp/1/model.onnx"), Version = 1 }, CancellationToken.None);
        IModelSlot slot = session.CreateSlot(SlotShape.For(session.Signature, maximumRows: 1));
        slot.Dispose();

        Assert.That(() => slot.GetInput(0, 1).Length, Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => slot.Run(1), Throws.InstanceOf<ObjectDisposedException>());
    }
}
