"""Two classes as two softmax units with one-hot labels."""

import numpy as np
from keras import Sequential
from keras.layers import Dense, Dropout, Input
from keras.utils import to_categorical
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

x, y = load_breast_cancer(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(
    x, y, test_size=0.25, random_state=11, stratify=y
)
scaler = StandardScaler()
x_train = scaler.fit_transform(x_train)
x_test = scaler.transform(x_test)
y_train, y_test = to_categorical(y_train, 2), to_categorical(y_test, 2)

model = Sequential(
    [Input((30,)), Dense(32, activation="relu"), Dropout(0.2), Dense(2, activation="softmax")]
)
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=30, batch_size=32, verbose=0)
accuracy = np.mean(model.predict(x_test, verbose=0).argmax(1) == y_test.argmax(1))
print(f"accuracy {accuracy:.3f}")
