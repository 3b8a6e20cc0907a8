@main struct Softmoe { static func main() {} }
