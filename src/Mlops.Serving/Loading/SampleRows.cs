namespace Mlops.Serving;

/// <summary>Inputs of a model in its order: shapes with -1 where they count rows, and the elements of all rows.</summary>
internal sealed record SampleRows(int Count, IReadOnlyList<IReadOnlyList<long>> Shapes, IReadOnlyList<byte[]> Data)
{
    /// <summary>Copies all rows to a slot that has room for them.</summary>
    public void CopyTo(IModelSlot slot, ModelSignature signature)
    {
        for (int i = 0; i < Data.Count; i++)
        {
            if (signature.Inputs[i].Type == TensorDataType.Text)
                slot.SetText(i, Count, Data[i]);
            else
                Data[i].CopyTo(slot.GetInput(i, Count));
        }
    }

    /// <summary>One row of an input.</summary>
    public ReadOnlySpan<byte> Row(int input, int row)
    {
        int length = Data[input].Length / Count;
        return Data[input].AsSpan(row * length, length);
    }
}
