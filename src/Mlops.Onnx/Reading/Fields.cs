namespace Mlops.Onnx;

// Field numbers of the messages in onnx.proto that are read or written here.
internal static class ModelField
{
    public const int IrVersion = 1, ProducerName = 2, ProducerVersion = 3, Graph = 7, OpsetImport = 8, Metadata = 14, TrainingInfo = 20, Functions = 25;
}

internal static class GraphField
{
    public const int Node = 1, Name = 2, Initializer = 5, Input = 11, Output = 12, SparseInitializer = 15;
}

internal static class NodeField
{
    public const int Input = 1, Output = 2, Name = 3, OperatorType = 4, Attribute = 5, Domain = 7;
}

internal static class AttributeField
{
    public const int Tensor = 5, Graph = 6, Tensors = 10, Graphs = 11, SparseTensor = 22, SparseTensors = 23;
}

internal static class TensorField
{
    public const int Dims = 1, DataType = 2, Name = 8, RawData = 9, ExternalData = 13, DataLocation = 14;
}

internal static class FunctionField
{
    public const int Name = 1, Node = 7, Domain = 10, AttributeDefault = 11;
}

internal static class TypeField
{
    public const int Tensor = 1, Sequence = 4, Map = 5, Opaque = 7, SparseTensor = 8, Optional = 9;
}
