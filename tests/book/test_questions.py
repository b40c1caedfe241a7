"""Each question that readers asked is listed, and answered where the list says."""

import re

import pytest
from chapters import PAGES, TEXTS

# Question -> the label that stands before the answer, its page, and words that the answer cannot do without.
ANSWERED = {
    "How does global pooling make a single value?": ("question-single-value", "pooling/global", "largest of the 36"),
    "Does pooling learn anything?": ("question-learns", "pooling/max", "no parameters"),
    "Where do maximum and mean differ?": ("question-differ", "pooling/average", "move the line by one pixel"),
    "Which of the two is better?": ("question-which", "pooling/average", "textures"),
    "Which other kinds are there?": ("poolings", "reference/poolings", "catalogue"),
    "Does pooling reduce the number of parameters": ("question-parameters", "arithmetic", "dense layer"),
    "When would you not use pooling?": ("question-without", "pooling/max", "think twice"),
    "What if the window does not divide the input?": ("question-divide", "pooling/max", "reach over the edge"),
    "Is padding used with max pooling?": ("question-padding", "pooling/max", r"-\infty"),
    "How do four rows become three?": ("question-four-into-three", "pooling/any-size", "adaptive_max_pool"),
    "Why is a strided convolution cheaper?": ("question-stride", "arithmetic", "multiplications"),
    "How is the gradient of max pooling computed?": ("question-max-gradient", "pooling/max", "to the winner"),
    "All four values are equal": ("question-ties", "pooling/max", "subgradients"),
    "And four zeros?": ("question-zeros", "pooling/max", "ReLU"),
    "Why save the indices of the maxima?": ("question-indices", "pooling/gradients", "unpooling"),
    "And in average pooling?": ("question-average-gradient", "pooling/average", "same share"),
    "What changes in training": ("question-learning-rate", "pooling/global", "learning rate"),
    "Average pool, then a dense layer, then softmax?": ("question-heads", "pooling/global", "three that are in use"),
    "Does global pooling need a dense layer": ("question-softmax", "pooling/global", "exactly one number for each"),
    "Can ordinary average pooling do": ("question-average-as-global", "pooling/global", "exactly the map's size"),
    "Global average or global maximum?": ("question-average-or-max", "pooling/global", "concatenated"),
    "In which order do": ("question-order", "pooling/max", "dropout behind them"),
    "Does pooling prevent overfitting?": ("question-overfitting", "pooling/chance", "has to be measured"),
    "Can a random forest be used": ("question-forest", "pooling/ranks", "by gradients"),
    "Why do I not get the accuracy": ("cifar-curves", "cifar/curves", "set no seed"),
    "Is pooling invariant to shifts": ("question-invariant", "pooling/shifts", "moved along, in jerks"),
    "Why should I care": ("question-flicker", "pooling/shifts", "predictions"),
    "Is it pooling that finds a dog": ("question-dog", "pooling/shifts", "convolution"),
}
LINE = re.compile(r"^\| (?P<question>[^|]+\?) \| \{ref\}`[^<`]+<(?P<label>[\w-]+)>` \|$", re.M)
# An answer is looked for this far behind its label.
NEAR = 1500


@pytest.mark.parametrize("question, place", ANSWERED.items())
def test_the_question_is_answered_where_the_list_says(question, place):
    label, page, words = place
    listed = [m["label"] for m in LINE.finditer(TEXTS["reference/questions"]) if question in m["question"]]
    assert listed == [label]
    assert [p for p in PAGES if f"({label})=\n" in TEXTS[p]] == [page]
    answer = TEXTS[page].split(f"({label})=\n")[1][:NEAR]
    assert words in " ".join(answer.split())


def test_every_listed_question_is_tested():
    questions = [m["question"] for m in LINE.finditer(TEXTS["reference/questions"])]
    assert len(questions) == len(ANSWERED)
