namespace Mlops.Serving;

/// <summary>Whether rows give the same answers alone and among others, in any order: only then may calls share a run.</summary>
internal static class BatchCheck
{
    private const int MaximumRows = 32;

    // Batched kernels add in another order.
    private static readonly Tolerance Rounding = new(1e-4, 1e-3);

    /// <summary>Why calls must not share a run; <c>null</c> when they may.</summary>
    public static string? FindObstacle(IModelSession session, SampleRows samples, Tolerance? tolerance)
    {
        ModelSignature signature = session.Signature;
        if (signature.FindBatchingObstacle() is { } obstacle)
            return obstacle;

        int count = Math.Min(samples.Count, MaximumRows);
        int[] order = Shuffle(count);
        using IModelSlot together = session.CreateSlot(new SlotShape(count, samples.Shapes));
        using IModelSlot alone = session.CreateSlot(new SlotShape(1, samples.Shapes));
        try
        {
            for (int place = 0; place < count; place++)
                CopyRow(samples, signature, order[place], together, place, count);
            together.Run(count);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return $"a run of {count} rows failed: {exception.Message}";
        }

        for (int place = 0; place < count; place++)
        {
            CopyRow(samples, signature, order[place], alone, 0, 1);
            alone.Run(1);
            for (int output = 0; output < signature.Outputs.Count; output++)
            {
                ReadOnlySpan<byte> all = together.GetOutput(output, count);
                int length = all.Length / count;
                if ((tolerance ?? Rounding).FindDifference(signature.Outputs[output].Type, alone.GetOutput(output, 1), all.Slice(place * length, length)) is { } difference)
                    return $"a row alone and the same row among others: output '{signature.Outputs[output].Name}' {difference}";
            }
        }

        return null;
    }

    private static void CopyRow(SampleRows samples, ModelSignature signature, int row, IModelSlot slot, int place, int rows)
    {
        for (int input = 0; input < signature.Inputs.Count; input++)
        {
            ReadOnlySpan<byte> from = samples.Row(input, row);
            from.CopyTo(slot.GetInput(input, rows)[(place * from.Length)..]);
        }
    }

    // The same order every time, so that a model which fails once fails always.
    private static int[] Shuffle(int count)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        uint state = 2463534242;
        for (int i = count - 1; i > 0; i--)
        {
            state = unchecked(state * 1664525 + 1013904223);
            int other = (int)(state >> 8) % (i + 1);
            (order[i], order[other]) = (order[other], order[i]);
        }

        return order;
    }
}
